"""
The types of the grammar; the package's docstring tells how they work together.

"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, Final, Generic, TypeVar, cast

import attrs

from ordercore.errors import InvariantViolated
from ordercore.ids import CommandId
from ordercore.instants import Instant

#: How often a command may ask for more facts. The longest question is placement: catalog, cart
#: and candidate places; stock and rates; the plan; the tax quote.
ROUNDS_MAX: Final = 4

AnswerT = TypeVar("AnswerT")
AboutT = TypeVar("AboutT")
RulesT_co = TypeVar("RulesT_co", covariant=True)
EventT_co = TypeVar("EventT_co", covariant=True)
StepT_co = TypeVar("StepT_co", covariant=True)


class ActorKind(StrEnum):
    """
    Who may act on orders.

    """

    SHOPPER = "shopper"
    AGENT = "agent"
    WAREHOUSE = "warehouse"
    PROVIDER = "provider"
    SYSTEM = "system"


@attrs.frozen
class Actor:
    """
    Who acts. The id is the host's reference, never a name or an address.

    """

    kind: ActorKind
    id: str


class Command:
    """
    Something that somebody wants done; named in the imperative.

    """

    __slots__ = ()

    @property
    def settles(self) -> str:
        """
        The key of the effect whose outcome this command tells, or "".

        Whoever was performing the effect need not be waited for any longer.
        """
        return ""

    @property
    def tries_again(self) -> str:
        """
        The key of the effect that a person lets be tried again, or "".

        """
        return ""


class Event:
    """
    Something that has happened; named in the past tense, never changed, never forgotten.

    """

    __slots__ = ()

    @property
    def references(self) -> tuple[str, ...]:
        """
        Names under which the outside world knows this fact (``"acme-pay:ch_17"``).

        The store indexes them in the commit, so a message that knows nothing but the provider's
        own number finds its order.
        """
        return ()


class Need(Generic[AnswerT]):
    """
    A question that must be answered before a command can be decided; named as a noun.

    Needs are frozen and compare by content: the driver answers each once a command.
    """

    __slots__ = ()


@attrs.frozen(kw_only=True)
class Effect:
    """
    Something owed to the world, or to oneself later.

    Attributes:
        key: Names the obligation, never the attempt: the same for ever, hence the idempotency
            key at the provider.
        not_before: When it is due; None for at once.
        waits_for_operator: The bounded attempts are used up, or the outcome cannot be learned:
            nothing happens until a person decides.
    """

    key: str
    not_before: Instant | None = None
    waits_for_operator: bool = False

    @property
    def lane(self) -> str:
        """
        Where the order matters: effects of one lane are performed one after the other.

        In the order in which they are owed. Those of different lanes do not depend on each other
        and may be performed at the same time. By itself, each is in a lane of its own.
        """
        return self.key


@attrs.frozen(kw_only=True)
class Submit(Effect):
    """
    A command that a stream submits to itself or to another stream when it is due.

    It is submitted at least once, so it must say nothing new where it has been done already. To
    itself, what it leads to ends the effect. To others, the driver tells its own stream as the
    outcome that it was accepted; a refusal waits for a person.

    Attributes:
        command: What; the stream is the one that the command is about.
    """

    command: Command


@attrs.frozen(kw_only=True)
class AskPerson(Effect):
    """
    A decision that nobody can take but a person: nobody is called, it waits from the beginning.

    It is a dead letter like what was tried in vain, and over when a command has settled it.

    Attributes:
        what: What is to be decided on, in a few words.
        reason: Why nothing happens by itself.
        amount_minor: About which amount, in minor units; None where it is about none.
        currency: Of the amount.
        ends: The names of the commands that end the waiting, beside the one for another try.
    """

    waits_for_operator: bool = attrs.field(default=True, init=False)
    what: str
    reason: str
    amount_minor: int | None = None
    currency: str = ""
    ends: tuple[str, ...] = ()


class Facts:
    """
    The answers to needs, typed by the need that asked.

    Facts may be stale: a decision rests on them, and the commit checks what must still hold.

    What rules make of answers is kept with them (:meth:`once`): the rounds of a command all ask
    about the same wish, and each would otherwise begin with what the one before has worked out.
    """

    __slots__ = ("_answers", "_worked_out")

    def __init__(self, answers: Mapping[Need[Any], object] | None = None) -> None:
        self._answers: dict[Need[Any], object] = dict(answers or {})
        #: By function and the ids of its arguments, which are kept so that no id is used again.
        self._worked_out: dict[tuple[object, ...], tuple[object, Any]] = {}

    def __getitem__(self, need: Need[AnswerT]) -> AnswerT:
        """
        Return the answer to a need.

        Raises:
            InvariantViolated: The need was never declared; ``needs`` and ``decide`` disagree.
        """
        try:
            return cast("AnswerT", self._answers[need])
        except KeyError:
            raise InvariantViolated(f"decided on {need!r}, which was not asked for") from None

    def __contains__(self, need: Need[Any]) -> bool:
        return need in self._answers

    def missing(self, needs: Iterable[Need[Any]]) -> tuple[Need[Any], ...]:
        """
        List the needs that have no answer yet, in a stable order.

        """
        answers = self._answers
        missing = [need for need in needs if need not in answers]
        if len({type(need) for need in missing}) == len(missing):
            missing.sort(key=_name_of_kind)
        else:
            missing.sort(key=repr)
        return tuple(missing)

    def and_also(self, answers: Mapping[Need[Any], object]) -> "Facts":
        """
        Return facts that hold these answers too.

        """
        more = Facts({**self._answers, **answers})
        more._worked_out.update(self._worked_out)
        return more

    def without(self, kinds: tuple[type[Need[Any]], ...]) -> "Facts":
        """
        Return facts that have forgotten the answers to needs of some kinds, to be read anew.

        """
        return Facts({n: a for n, a in self._answers.items() if not isinstance(n, kinds)})

    def once(self, work_out: Callable[..., AnswerT], *of: object) -> AnswerT:
        """
        Return ``work_out(*of, facts)``, worked out once for the same objects.

        It must be pure, and rest on answers alone that are there: then it stays true as more come.
        What raises is not kept. The facts that :meth:`and_also` makes know it too, those of
        :meth:`without` don't.
        """
        key = (work_out, *map(id, of))
        known = self._worked_out.get(key)
        if known is None:
            known = self._worked_out[key] = (of, work_out(*of, self))
        found: AnswerT = known[1]
        return found


def _name_of_kind(need: Need[Any]) -> str:
    return type(need).__qualname__


def once_known(work_out: Callable[[AboutT, Facts], AnswerT]) -> Callable[[AboutT, Facts], AnswerT]:
    """
    Let a method that takes facts be worked out once for them; see :meth:`Facts.once`.

    """

    @wraps(work_out)
    def recall(about: AboutT, facts: Facts) -> AnswerT:
        return facts.once(work_out, about)

    return recall


@attrs.frozen(kw_only=True)
class Context(Generic[RulesT_co]):
    """
    What a decision knows beside command, state and facts; nothing else carries configuration.

    Attributes:
        at: The instant of this decision, given by the driver's clock.
        actor: Who acts.
        on_behalf_of: For whom, where an agent acts for a customer.
        command_id: The command's name; transfers and ids that belong to no stream descend from it.
        rules: The host's frozen policies.
    """

    at: Instant
    actor: Actor
    on_behalf_of: str | None = None
    command_id: CommandId
    rules: RulesT_co


@attrs.frozen
class Decision(Generic[EventT_co, StepT_co]):
    """
    What a command has led to; an empty decision says that it is already so.

    Attributes:
        events: Facts to append to the stream, in order.
        transfers: One linked batch of ledger steps: all apply, or none and nothing happened.
        reply: What the caller is told beyond the facts, where the facts do not hold it.
        leads_to: The state after the events, where the rules have folded them already, so that
            nobody need do it again; None where they have not. It is what the fold says, to the
            last field.
    """

    events: tuple[EventT_co, ...] = ()
    transfers: tuple[StepT_co, ...] = ()
    reply: object = None
    leads_to: object = attrs.field(default=None, eq=False, repr=False)
