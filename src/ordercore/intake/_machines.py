"""
The lifecycle of one notice, as a diagram in code.

"""

from typing import ClassVar

from statemachine import State, StateMachine

from ordercore.lifecycle import Category

__all__ = ["NoticeMachine"]


class NoticeMachine(StateMachine):
    """
    What a provider says: received, matched with an order, applied.

    What nobody knows yet is parked and looked for again. What does not agree with what was asked,
    what the order refuses, and what nobody knew for days is set aside for a person, who lets it be
    tried again or dismisses it.
    """

    subject: ClassVar[str] = "notice"
    categories: ClassVar[dict[str, Category]] = {
        "received": Category.OPEN,
        "parked": Category.OPEN,
        "matched": Category.ACTIVE,
        "set_aside": Category.ACTIVE,
        "applied": Category.DONE,
        "noted": Category.DONE,
        "dismissed": Category.STOPPED,
    }

    received = State(value="received", initial=True)
    parked = State(value="parked")
    matched = State(value="matched")
    set_aside = State(value="set_aside")
    applied = State(value="applied", final=True)
    noted = State(value="noted", final=True)
    dismissed = State(value="dismissed", final=True)

    note = received.to(noted)
    park = received.to(parked) | parked.to(parked)
    match = received.to(matched) | parked.to(matched)
    apply = matched.to(applied)
    give_up = received.to(set_aside) | parked.to(set_aside) | matched.to(set_aside)
    reopen = set_aside.to(received)
    dismiss = parked.to(dismissed) | set_aside.to(dismissed)
