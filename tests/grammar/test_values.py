import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidDefinition
from ordercore.grammar import derived, remembered, replaced
from ordercore.orders import Order


@attrs.frozen(kw_only=True, slots=False)
class Box:
    width: int
    height: int
    label: str = ""

    @derived
    def area(self) -> int:
        """How much fits."""
        WORKED_OUT.append("area")
        return self.width * self.height


WORKED_OUT: list[str] = []


@remembered
def edge(box: Box) -> int:
    WORKED_OUT.append("edge")
    return 2 * (box.width + box.height)


boxes = st.builds(Box, width=st.integers(), height=st.integers(), label=st.text(max_size=3))
changes = st.fixed_dictionaries(
    {}, optional={"width": st.integers(), "height": st.integers(), "label": st.text(max_size=3)}
)


@given(boxes, changes, st.booleans())
def test_a_value_is_replaced_as_attrs_would_evolve_it(
    box: Box, change: dict[str, object], looked_at: bool
) -> None:
    if looked_at:
        assert edge(box) == 2 * (box.width + box.height)
        assert box.area == box.width * box.height
    before = attrs.asdict(box)
    after: Box = replaced(box, **change)  # type: ignore[arg-type]  # drawn by name
    assert after == attrs.evolve(box, **change)  # type: ignore[arg-type]  # drawn by name
    assert attrs.asdict(box) == before
    assert after.area == after.width * after.height
    assert edge(after) == 2 * (after.width + after.height)
    assert hash(after) == hash(attrs.evolve(after))


def test_what_follows_from_a_value_is_worked_out_once_and_is_no_part_of_it() -> None:
    WORKED_OUT.clear()
    box, same = Box(width=2, height=3), Box(width=2, height=3)
    assert (box.area, box.area, edge(box), edge(box)) == (6, 6, 10, 10)
    assert WORKED_OUT == ["area", "edge"]
    assert box == same
    assert repr(box) == repr(same) == "Box(width=2, height=3, label='')"
    assert Box.area.__doc__ == "How much fits."


def test_a_replaced_value_stays_frozen() -> None:
    after = replaced(Box(width=1, height=1), width=2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        after.width = 3  # type: ignore[misc]  # that is the point


def test_a_change_of_no_field_is_an_error_whether_or_not_anything_was_derived() -> None:
    box = Box(width=1, height=1)
    for _ in range(2):
        with pytest.raises(TypeError, match="Box has no fields"):
            replaced(box, depth=1)  # type: ignore[call-arg]  # that is the point
        assert box.area == 1


@attrs.frozen
class Slotted:
    width: int


@attrs.frozen(slots=False)
class Checked:
    width: int = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen(slots=False)
class CheckedAfterwards:
    width: int

    def __attrs_post_init__(self) -> None:
        assert self.width


@pytest.mark.parametrize("value", [Slotted(1), Checked(1), CheckedAfterwards(1)])
def test_what_checks_itself_or_has_slots_is_not_copied_unchecked(
    value: Slotted | Checked | CheckedAfterwards,
) -> None:
    with pytest.raises(InvalidDefinition):
        replaced(value, width=-1)


def test_an_order_keeps_its_fields_where_they_can_be_copied_at_once() -> None:
    assert Order.__dictoffset__
