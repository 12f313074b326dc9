"""
The lifecycle of a return, as a diagram in code.

"""

from typing import ClassVar

from statemachine import State, StateMachine

from ordercore.lifecycle import Category

__all__ = ["ReturnMachine"]


class ReturnMachine(StateMachine):
    """
    Units on their way back: permitted, received, inspected.

    """

    subject: ClassVar[str] = "return"
    categories: ClassVar[dict[str, Category]] = {
        "authorized": Category.OPEN,
        "received": Category.ACTIVE,
        "inspected": Category.DONE,
        "canceled": Category.STOPPED,
    }

    authorized = State(value="authorized", initial=True)
    received = State(value="received")
    inspected = State(value="inspected", final=True)
    canceled = State(value="canceled", final=True)

    receive = authorized.to(received)
    inspect = received.to(inspected)
    cancel = authorized.to(canceled)
