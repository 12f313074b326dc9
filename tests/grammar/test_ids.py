import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData
from ordercore.ids import (
    CartId,
    OrderId,
    card_number_fault,
    cart_holder,
    child,
    id_fault,
    order_stream,
    require_id,
    require_sku,
    sku_fault,
)

host_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._~@+=:-]{0,99}", fullmatch=True)
kinds = st.sampled_from(["line", "payment", "package", "refund"])

IDS = [
    ("O-1", True),
    ("7", True),
    ("shop.example:4711~a@b+c=d_e", True),
    ("x" * 100, True),
    ("x" * 101, False),
    ("", False),
    ("-1", False),
    (".hidden", False),
    ("O 1", False),
    ("O/1", False),
    ("O|1", False),
    ("O-1\n", False),
    ("Ö-1", False),
    ("O-\u0661", False),
    (None, False),
    (1, False),
]

SKUS = [
    ("MUG", True),
    ("mug 0.3 l / blue", True),
    ("кружка", True),
    ("杯", True),
    ("x" * 100, True),
    ("x" * 101, False),
    ("", False),
    (" MUG", False),
    ("MUG ", False),
    ("MUG|RED", False),
    ("MUG\tRED", False),
    ("MUG\u00a0RED", False),
    ("MUG\u200bRED", False),
    ("\ud800", False),
    (None, False),
    (1, False),
]


@pytest.mark.parametrize(("value", "legal"), IDS)
def test_an_id_is_what_fits_everywhere_an_id_is_written(value: object, *, legal: bool) -> None:
    fault = id_fault(value)

    assert (fault is None) == legal
    if fault is not None:
        assert fault == (
            f"{value!r:.120} is no id: legal are 1 to 100 ASCII letters, digits or "
            ". _ ~ @ + = : -, the first a letter or digit"
        )


@pytest.mark.parametrize(("value", "legal"), SKUS)
def test_a_sku_is_printable_text_of_any_script(value: object, *, legal: bool) -> None:
    fault = sku_fault(value)

    assert (fault is None) == legal
    if fault is not None:
        assert fault == (
            f"{value!r:.120} is no SKU: legal are 1 to 100 printable characters "
            "without | and without outer spaces"
        )


@given(st.text(max_size=300))
def test_a_fault_never_repeats_more_than_a_line_of_what_came_in(value: str) -> None:
    assert len(id_fault(f"/{value}") or "") < 250
    assert len(sku_fault(f"|{value}") or "") < 250


def test_a_required_id_or_sku_is_refused_by_name() -> None:
    require_id("O-1", "order")
    require_sku("MUG 1", "lines[0].sku")

    with pytest.raises(InvalidData) as refusal:
        require_id("O/1", "order")
    assert (refusal.value.subject, refusal.value.faults) == ("order", (id_fault("O/1"),))

    with pytest.raises(InvalidData) as refusal:
        require_sku("MUG|1", "lines[0].sku")
    assert (refusal.value.subject, refusal.value.faults) == ("lines[0].sku", (sku_fault("MUG|1"),))


@given(host_ids, kinds, st.integers(1, 10**6))
def test_the_id_of_a_child_is_never_one_that_a_host_may_choose(
    parent: str, kind: str, n: int
) -> None:
    assert id_fault(parent) is None
    assert id_fault(child(parent, kind, n)) is not None
    assert id_fault(child(child(parent, kind, n), kind, n)) is not None


tree_names = st.recursive(
    host_ids.map(lambda name: (name, (name,))),
    lambda parents: st.tuples(parents, kinds, st.integers(1, 12)).map(
        lambda c: (child(c[0][0], c[1], c[2]), (*c[0][1], (c[1], c[2])))
    ),
    max_leaves=4,
)


@given(tree_names, tree_names)
def test_two_things_of_one_name_are_the_same_thing(
    one: tuple[str, object], other: tuple[str, object]
) -> None:
    assert (one[0] == other[0]) == (one[1] == other[1])


def test_streams_and_holders_say_what_they_belong_to() -> None:
    assert order_stream(OrderId("O-1")) == "order/O-1"
    assert cart_holder(CartId("C-1")) == "cart/C-1"
    assert child("O-1", "package", 2) == "O-1/package-2"


@pytest.mark.parametrize(
    "text",
    [
        "8bf1dc98223704657288b7653abab62b",
        "customer 8BF1DC98223704657288B7653ABAB62B",
        "8bf1dc98-2237-0465-7288-b7653abab62b",
    ],
)
def test_digits_inside_of_a_hexadecimal_id_are_no_card_number(text: str) -> None:
    assert card_number_fault(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "visa4111111111111111x",
        "4111-1111-1111-1111",
        "4111 1111 1111 1111 12/30",
        "paid on 12 4111 1111 1111 1111 123",
        "8bf1dc98223704657288b7653abab62b 4111 1111 1111 1111",
        "8bf1dc98223704657288b7653abab62b:4111111111111111",
    ],
)
def test_a_card_number_beside_an_id_or_among_letters_is_still_found(text: str) -> None:
    assert card_number_fault(text) is not None


@pytest.mark.parametrize("text", ["", "4111111111111112", "411111111111", "2026-03-01 12:00:00"])
def test_other_digits_are_no_card_number(text: str) -> None:
    assert card_number_fault(text) is None
