"""
The lifecycles of a payment and of a request about it, as diagrams in code.

"""

from typing import ClassVar

from statemachine import State, StateMachine

from ordercore.lifecycle import Category

__all__ = ["MoneyRequestMachine", "PaymentMachine"]


class PaymentMachine(StateMachine):
    """
    One tender of one order, from the first request to its end.

    """

    subject: ClassVar[str] = "payment"
    categories: ClassVar[dict[str, Category]] = {
        "requested": Category.OPEN,
        "action_required": Category.OPEN,
        "authorized": Category.ACTIVE,
        "settled": Category.DONE,
        "declined": Category.STOPPED,
        "voided": Category.STOPPED,
    }

    requested = State(value="requested", initial=True)
    action_required = State(value="action_required")
    authorized = State(value="authorized")
    settled = State(value="settled", final=True)
    declined = State(value="declined", final=True)
    voided = State(value="voided", final=True)

    authorize = requested.to(authorized) | action_required.to(authorized)
    require_action = requested.to(action_required)
    decline = requested.to(declined) | action_required.to(declined)
    capture = authorized.to(authorized)
    settle = authorized.to(settled)
    void = authorized.to(voided)


class MoneyRequestMachine(StateMachine):
    """
    One capture, void or refund: asked once, answered once.

    """

    subject: ClassVar[str] = "request"
    categories: ClassVar[dict[str, Category]] = {
        "requested": Category.ACTIVE,
        "succeeded": Category.DONE,
        "declined": Category.STOPPED,
    }

    requested = State(value="requested", initial=True)
    succeeded = State(value="succeeded", final=True)
    declined = State(value="declined", final=True)

    succeed = requested.to(succeeded)
    decline = requested.to(declined)
