"""
The lifecycle of an order as a whole, as a diagram in code.

"""

from typing import ClassVar

from statemachine import State, StateMachine

from ordercore.lifecycle import Category

__all__ = ["OrderMachine"]


class OrderMachine(StateMachine):
    """
    An order: placed, given to its places, ended. Payment and parcels have lifecycles of their own.

    """

    subject: ClassVar[str] = "order"
    categories: ClassVar[dict[str, Category]] = {
        "placed": Category.OPEN,
        "released": Category.ACTIVE,
        "completed": Category.DONE,
        "canceled": Category.STOPPED,
    }

    placed = State(value="placed", initial=True)
    released = State(value="released")
    completed = State(value="completed", final=True)
    canceled = State(value="canceled", final=True)

    release = placed.to(released)
    complete = released.to(completed)
    cancel = placed.to(canceled) | released.to(canceled)
