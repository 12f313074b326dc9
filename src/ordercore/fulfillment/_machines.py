"""
The lifecycles of a fulfillment order and of a package, as diagrams in code.

"""

from typing import ClassVar

from statemachine import State, StateMachine

from ordercore.lifecycle import Category

__all__ = ["FulfillmentOrderMachine", "PackageMachine"]


class FulfillmentOrderMachine(StateMachine):
    """
    The work for one place: open until somebody begins, closed when no unit is left to handle.

    """

    subject: ClassVar[str] = "fulfillment order"
    categories: ClassVar[dict[str, Category]] = {
        "open": Category.OPEN,
        "in_progress": Category.ACTIVE,
        "closed": Category.DONE,
        "canceled": Category.STOPPED,
    }

    open = State(value="open", initial=True)
    in_progress = State(value="in_progress")
    closed = State(value="closed", final=True)
    canceled = State(value="canceled", final=True)

    work = open.to(in_progress) | in_progress.to(in_progress)
    close = in_progress.to(closed)
    cancel = open.to(canceled) | in_progress.to(canceled)


class PackageMachine(StateMachine):
    """
    A box: packed, labeled where labels are bought, shipped, delivered.

    """

    subject: ClassVar[str] = "package"
    categories: ClassVar[dict[str, Category]] = {
        "packed": Category.OPEN,
        "labeled": Category.OPEN,
        "shipped": Category.ACTIVE,
        "delivered": Category.DONE,
        "unpacked": Category.STOPPED,
    }

    packed = State(value="packed", initial=True)
    labeled = State(value="labeled")
    shipped = State(value="shipped")
    delivered = State(value="delivered", final=True)
    unpacked = State(value="unpacked", final=True)

    label = packed.to(labeled)
    unpack = packed.to(unpacked)
    ship = packed.to(shipped) | labeled.to(shipped)
    deliver = shipped.to(delivered)
