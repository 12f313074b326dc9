import copy
import pickle

import pytest

from ordercore.errors import (
    Conflict,
    InvalidData,
    InvalidDefinition,
    InvariantViolated,
    OrderCoreError,
    OutcomeUnknown,
    PortUnavailable,
    Rejected,
)


class GatewayDown(PortUnavailable):
    pass


#: One of each, with its message; the tests below know nothing else.
EVERY_KIND = [
    pytest.param(
        Rejected("shortage", "3 asked", data={"asked": 3, "of": ("A",)}, legal=("at most 2", "0")),
        "shortage: 3 asked; legal now: at most 2, 0",
        id="rejected",
    ),
    pytest.param(Rejected("shortage", "3 asked"), "shortage: 3 asked", id="rejected-bare"),
    pytest.param(
        Conflict("order/O-1", expected=3, actual=5),
        "order/O-1 is at version 5, not at 3: load it again",
        id="conflict",
    ),
    pytest.param(
        PortUnavailable("payments", "connection refused"),
        "payments is unavailable: connection refused",
        id="port-unavailable",
    ),
    pytest.param(
        GatewayDown("payments", "503"), "payments is unavailable: 503", id="an-adapter's-own"
    ),
    pytest.param(
        OutcomeUnknown("payments", "O-1/capture-1", "no answer"),
        "the outcome of O-1/capture-1 at payments is unknown: no answer",
        id="outcome-unknown",
    ),
    pytest.param(
        InvalidData("PlaceOrder", ("lines: empty", "currency: XX is none")),
        "PlaceOrder is invalid: lines: empty; currency: XX is none",
        id="invalid-data",
    ),
    pytest.param(InvalidDefinition("no path"), "no path", id="invalid-definition"),
    pytest.param(InvariantViolated("sum is 1"), "sum is 1", id="invariant-violated"),
]


def content(error: OrderCoreError) -> object:
    fields = {name: value for name, value in vars(error).items() if name != "data"}
    data = dict(error.data) if isinstance(error, Rejected) else None
    return type(error), fields, data, str(error)


@pytest.mark.parametrize(("error", "message"), EVERY_KIND)
def test_a_message_says_what_where_and_what_was_legal(error: OrderCoreError, message: str) -> None:
    assert str(error) == message


@pytest.mark.parametrize(("error", "message"), EVERY_KIND)
def test_an_error_crosses_a_process_boundary_whole(error: OrderCoreError, message: str) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - written one line above

    assert content(again) == content(error)
    assert str(again) == message


@pytest.mark.parametrize(("error", "message"), EVERY_KIND)
def test_a_copy_of_an_error_is_the_same_error(error: OrderCoreError, message: str) -> None:
    assert content(copy.deepcopy(error)) == content(error)
    assert str(copy.copy(error)) == message


@pytest.mark.parametrize(("error", "message"), EVERY_KIND)
def test_what_repr_shows_can_be_typed_in_again(error: OrderCoreError, message: str) -> None:
    again = eval(repr(error))  # noqa: S307 - the claim itself

    assert content(again) == content(error)
    assert str(again) == message


def test_the_values_of_a_refusal_cannot_be_changed_by_who_catches_it() -> None:
    asked = {"asked": 3}
    error = Rejected("shortage", "3 asked", data=asked)
    asked["asked"] = 4

    with pytest.raises(TypeError):
        error.data["asked"] = 5  # type: ignore[index]  # the claim itself

    assert error.data == {"asked": 3}
