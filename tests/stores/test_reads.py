"""What the rules look up in a group of commits was read ahead, all of it."""

from collections import Counter
from collections.abc import Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.errors import Rejected
from ordercore.ledger import (
    EXPIRE_MAX,
    Divide,
    ExpirePending,
    Ledger,
    Merge,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    account,
    expiry_id,
    reversal_id,
)
from ordercore.stores._group_ledger import GroupLedger
from tests.stores._toys import START, minutes

SUPPLY = account("promise", "supply", "MUG", "berlin")
SHELVES = tuple(account("promise", "available", "MUG", place) for place in ("berlin", "paris"))
ORDER = account("promise", "allocated", "MUG", "berlin")
PLACES = (SUPPLY, *SHELVES, ORDER)


class Batches:
    """Batches about what was made, ended, divided, merged and reversed before, or just now."""

    def __init__(self, random: Random, ledger: Ledger) -> None:
        self._random = random
        self._ledger = ledger
        self._number = 0
        self.now = 0

    def batch(self) -> list[Step]:
        self.now += self._random.choice((0, 0, 1))
        batch: list[Step] = []
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            batch.append(self._step(batch))
        return batch

    def _step(self, batch: list[Step]) -> Step:
        random = self._random
        self._number += 1
        name = f"t-{self._number}"
        known = [*(entry.step for entry in self._ledger.entries()), *batch]
        made: list[str] = []
        for step in known:
            if isinstance(step, Pend | Merge):
                made.append(step.id)
            elif isinstance(step, Divide):
                made.extend(step.part_ids)
        kind = random.choice(("post", "pend", "end", "end", "divide", "merge", "reverse", "again"))
        if kind == "again" and known:
            return random.choice(known)
        if kind == "reverse":
            return self._reverse(known)
        if kind == "post":
            source, target = random.sample(PLACES, 2)
            least = None if source == SUPPLY else random.choice((None, 0))
            return Post(name, source, target, random.randint(1, 9), "why", "cart", START, least)
        if kind == "pend" or not made:
            until = random.choice((None, minutes(self.now + random.randint(1, 3))))
            source, target = random.choice(SHELVES), random.choice((ORDER, SUPPLY))
            return Pend(name, source, target, random.randint(1, 4), "", "c", START, 0, until)
        return self._ending(kind, name, made)

    def _ending(self, kind: str, name: str, made: list[str]) -> Step:
        random = self._random
        still_open = list(self._ledger.pendings())
        hold = random.choice(made[-12:])
        if still_open and random.random() < 0.7:
            hold = random.choice(still_open).id
        one = self._ledger.open_pending(hold)
        if kind == "divide":
            amount = one.amount if one else 2
            return Divide(name, hold, (1, amount - 1) if amount > 1 else (1,), "", "c", START)
        if kind == "merge":
            alike = [
                other.id
                for other in still_open
                if one and (other.source, other.target) == (one.source, one.target)
                and other.expires_at == one.expires_at
            ]  # fmt: skip
            return Merge(name, (hold, random.choice(alike or made)), "", "c", START)
        what = random.randrange(5)
        if what == 0:
            return VoidPending(name, hold, "", "c", START)
        if what == 1:
            due = one.expires_at if one else None
            return ExpirePending(expiry_id(hold), hold, due or START)
        return PostPending(name, hold, random.choice((None, None, 1)), "", "c", START)

    def _reverse(self, known: list[Step]) -> Reverse:
        posted = [step for step in known if isinstance(step, Post)]
        posted_holds = [step for step in known if isinstance(step, PostPending)]
        chosen: list[Step] = [*self._random.choice((posted, posted_holds, posted_holds, known))]
        step_id = self._random.choice(chosen[-12:]).id if chosen else "t-0"
        least = self._random.choice((None, 0, 3, 6))
        return Reverse(reversal_id(step_id), step_id, "", "c", START, least)


def judged(ledger: Ledger | GroupLedger, batch: list[Step], at: int) -> str:
    """Apply a batch, and say what came of it."""
    try:
        ledger.apply(batch, minutes(at))
    except Rejected as refusal:
        return str(refusal)
    return ""


def read_ahead(ledger: Ledger, group: GroupLedger, random: Random) -> None:
    """Answer what a group asks for, one kind at a time and in any order."""
    while (reads := group.reads()) is not None:
        steps, holds, endings, due, accounts, at = reads
        kinds = ["steps", "holds", "endings", "due", "accounts"]
        asked = dict(zip(kinds, (steps, holds, endings, due, accounts), strict=True))
        kind = random.choice([kind for kind in kinds if asked[kind]])
        if kind == "steps":
            group.take_steps(steps, filter(None, map(ledger.step, steps)))
        elif kind == "holds":
            group.take_holds(holds, filter(None, map(ledger.open_pending, holds)))
        elif kind == "endings":
            found = ((hold, ledger.ended_by(hold)) for hold in endings)
            group.take_endings(endings, ((hold, step) for hold, step in found if step))
        elif kind == "due":
            for name in due:
                group.take_due((name,), ledger.due_pendings(name, at, EXPIRE_MAX))
        else:
            numbers = ((name, ledger.balance(name)) for name in accounts)
            group.take_accounts(
                accounts, ((name, posted, out, into) for name, (posted, out, into) in numbers)
            )


def opening() -> Ledger:
    ledger = Ledger()
    ledger.apply([Post(f"s-{place}", SUPPLY, place, 6, "", "", START) for place in SHELVES], START)
    return ledger


def walk(seed: int, met: Counter[str]) -> Iterator[tuple[tuple[object, ...], tuple[object, ...]]]:
    """Judge groups over what they read ahead; yield each one's ends, and those over everything."""
    random, whole, before = Random(seed), opening(), opening()
    batches = Batches(random, whole)
    for _ in range(8):
        position, open_before = whole.position, holds(whole)
        played: list[tuple[list[Step], int, str]] = []
        for _ in range(random.randint(1, 6)):
            batch, at = batches.batch(), batches.now
            played.append((batch, at, judged(whole, batch, at)))
        steps = [step for batch, _, _ in played for step in batch]
        group = GroupLedger(steps, minutes(batches.now))
        read_ahead(before, group, random)

        after, told_of_group = holds(whole), [judged(group, batch, at) for batch, at, _ in played]
        touched = group.new_balances()
        yield (
            (
                told_of_group,
                [move[:2] for move in group.moves],
                touched,
                [hold.id for hold in group.new_holds()],
                {*group.ended_holds()},
            ),
            (
                [told for *_, told in played],
                [(entry.recorded_at, entry.step) for entry in whole.entries(after=position)],
                {name: whole.balance(name) for name in touched},
                [name for name in after if name not in open_before],
                open_before.keys() - after.keys(),
            ),
        )
        for batch, at, told in played:
            assert judged(before, batch, at) == told
            met[told.partition(":")[0]] += 1
        met.update(type(move.step).__name__ for move in group.moves)


def holds(ledger: Ledger) -> dict[str, OpenPending]:
    return {hold.id: hold for hold in ledger.pendings()}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_a_group_judged_over_what_it_has_read_ahead_is_judged_as_over_everything(
    seed: int,
) -> None:
    for of_group, of_everything in walk(seed, Counter()):
        assert of_group == of_everything


def test_the_walks_of_this_test_meet_every_kind_of_step_and_its_late_refusals() -> None:
    met: Counter[str] = Counter()
    for seed in range(150):
        assert len(list(walk(seed, met))) == 8

    expected = {
        "", "shortage", "pending_already_posted", "pending_already_voided", "batch_partly_exists",
        "pending_already_expired", "pending_already_divided", "pending_already_merged",
        "step_not_found", "step_not_reversible", "Post", "Pend", "PostPending", "VoidPending",
        "ExpirePending", "Divide", "Merge", "Reverse",
    }  # fmt: skip
    assert not expected - met.keys()
