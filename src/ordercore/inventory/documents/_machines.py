"""
The lifecycles of the stock documents, as diagrams in code.

"""

from typing import ClassVar

from statemachine import State, StateMachine

from ordercore.lifecycle import Category

__all__ = ["CountMachine", "PurchaseMachine", "TransferMachine"]


class PurchaseMachine(StateMachine):
    """
    An inbound purchase: expected, received in parts, received, closed.

    What is wholly received may still get more of what was ordered, within the tolerance, or be
    expected again where the supplier sends a replacement; closing ends that.
    """

    subject: ClassVar[str] = "purchase"
    categories: ClassVar[dict[str, Category]] = {
        "open": Category.OPEN,
        "partly_received": Category.ACTIVE,
        "received": Category.ACTIVE,
        "closed": Category.DONE,
        "canceled": Category.STOPPED,
    }

    open = State(value="open", initial=True)
    partly_received = State(value="partly_received")
    received = State(value="received")
    closed = State(value="closed", final=True)
    canceled = State(value="canceled", final=True)

    receive = open.to(partly_received) | partly_received.to(partly_received) | received.to(received)
    complete = open.to(received) | partly_received.to(received) | received.to(received)
    change = open.to(open) | partly_received.to(partly_received) | received.to(partly_received)
    close = partly_received.to(closed) | received.to(closed)
    cancel = open.to(canceled)


class TransferMachine(StateMachine):
    """
    A stock transfer: asked for, under way in one or more parts, received.

    It ends by itself when all that was asked for has been sent and has arrived; closing ends it
    before that, and says what became of the rest.
    """

    subject: ClassVar[str] = "transfer"
    categories: ClassVar[dict[str, Category]] = {
        "open": Category.OPEN,
        "under_way": Category.ACTIVE,
        "received": Category.DONE,
        "closed": Category.DONE,
        "canceled": Category.STOPPED,
    }

    open = State(value="open", initial=True)
    under_way = State(value="under_way")
    received = State(value="received", final=True)
    closed = State(value="closed", final=True)
    canceled = State(value="canceled", final=True)

    send = open.to(under_way) | under_way.to(under_way)
    receive = under_way.to(under_way)
    complete = under_way.to(received)
    close = under_way.to(closed)
    cancel = open.to(canceled)


class CountMachine(StateMachine):
    """
    A stock count: opened, recorded shelf by shelf and as often as needed, closed.

    """

    subject: ClassVar[str] = "count"
    categories: ClassVar[dict[str, Category]] = {
        "open": Category.OPEN,
        "recorded": Category.ACTIVE,
        "closed": Category.DONE,
        "canceled": Category.STOPPED,
    }

    open = State(value="open", initial=True)
    recorded = State(value="recorded")
    closed = State(value="closed", final=True)
    canceled = State(value="canceled", final=True)

    record = open.to(recorded) | recorded.to(recorded)
    close = recorded.to(closed)
    cancel = open.to(canceled)
