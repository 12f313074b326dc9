"""
What asking the world for something can come to.

"""

import attrs

from ordercore.instants import Instant

__all__ = ["ActionRequired", "Declined", "Outcome", "Succeeded", "Unknown"]


@attrs.frozen(kw_only=True)
class Succeeded:
    """
    It was done.

    Attributes:
        reference: The provider's own number for it.
        account: The provider account that the number belongs to.
        amount_minor: How much, where the provider says so; compared with what was asked.
        valid_until: Until when it holds, where it ends by itself (an authorization's life).
    """

    reference: str
    account: str = ""
    amount_minor: int | None = None
    valid_until: Instant | None = None


@attrs.frozen(kw_only=True)
class Declined:
    """
    It was refused for good; asking again under the same key answers the same.

    Attributes:
        code: The adapter's stable word for the reason.
        reason: A sentence that may be shown to an agent.
    """

    code: str
    reason: str = ""


@attrs.frozen(kw_only=True)
class ActionRequired:
    """
    The customer must do something first; the outcome follows as a fact of its own.

    Attributes:
        reference: The provider's own number for it.
        action: What the host must let the customer do (a reference to a page or a challenge).
    """

    reference: str
    action: str


@attrs.frozen(kw_only=True)
class Unknown:
    """
    It may or may not have been done.

    """

    reason: str


Outcome = Succeeded | Declined | ActionRequired | Unknown
