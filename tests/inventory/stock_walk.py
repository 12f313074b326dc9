"""
A walk through everything that the stock book offers, beside the naive model.

A step is one batch sent to the ledger. The walk draws what to do from its seed alone, asks the
model whether the books must accept it, and compares afterwards: every number that the batch has
touched, and now and then every number there is.

``python -m tests.inventory.stock_walk 17 5000`` walks 5,000 steps of seed 17.
"""

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import attrs

from ordercore.errors import Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory import (
    Movements,
    StockLevel,
    book_differences,
    stock_accounts,
    stock_level,
)
from ordercore.ledger import (
    AccountId,
    Balance,
    Divide,
    ExpirePending,
    Merge,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    account,
    account_parts,
    expiry_id,
    reversal_id,
)
from tests.inventory.naive_stock import WITHOUT_END, NaiveStock, No, Promise
from tests.inventory.stock_acts import HOLDERS, PLACES, PLAIN, SKUS, Act, Acts, accounts_of, hold_of

__all__ = ["NEVER_ACCEPTED", "NEVER_REFUSED", "Sent", "StockWalk", "main"]

#: What the books take whatever is there.
NEVER_REFUSED: Final = frozenset({"receive", "expect", "unexpect", "take_back", "sweep", "repeat"})
#: What they never take.
NEVER_ACCEPTED: Final = frozenset({"unknown_hold", "half_repeat", "other_content"})
#: What lets nobody in between: a promise that becomes another is promised all the time.
NEVER_FOR_SALE: Final = frozenset(
    {"fix", "move_promise", "fulfill_preorder", "divide", "merge", "pick", "pick_forced", "miss"}
)
#: What comes often enough with others, or fails mostly.
RARE: Final = NEVER_ACCEPTED | PLAIN.keys() | {"lose_in_transit", "repeat"}
#: What the others live on.
OFTEN: Final = frozenset({"allocate", "reserve", "receive", "preorder", "divide", "merge"})
#: Where more is promised than this, holds are ended before others are made.
MANY: Final = 30


Undo = Callable[[NaiveStock], object]


class Sent(NamedTuple):
    """
    A batch, when it was sent, and the code of its refusal.

    """

    steps: tuple[Step, ...]
    at: Instant
    refused: str | None


class StockWalk(Acts):
    """
    The walk of one seed; any disagreement raises with the command that repeats it.

    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        #: How often each word was accepted and refused.
        self.tally: Counter[tuple[str, bool]] = Counter()
        self.sent: list[Sent] = []
        self._accepted: list[tuple[Step, ...]] = []
        self._reversible: list[
            tuple[tuple[Post | PostPending, ...], Callable[[NaiveStock], object]]
        ] = []
        self._batches: Mapping[str, Callable[[], None]] = {
            "repeat": self._repeat,
            "half_repeat": self._half_repeat,
            "other_content": self._other_content,
            "sweep": self._sweep,
            "reverse": self._reverse,
        }
        # Every seed has its own taste, so that not all walks crowd about the same states.
        self.words = tuple(sorted({*self.makers, *self._batches}))
        self._weights = [
            self.random.choice((2, 3)) * (1 if word in RARE else 6 if word in OFTEN else 3)
            for word in self.words
        ]

    @property
    def accepted(self) -> int:
        return sum(sent.refused is None for sent in self.sent)

    # --- walking -----------------------------------------------------------------------------

    def walk(self, steps: int, *, whole_every: int = 500) -> "StockWalk":
        for _ in range(steps):
            self.step()
            if self.steps % whole_every == 0:
                self.compare_all()
        return self

    def step(self) -> None:
        random = self.random
        self.steps += 1
        self._pass_time(timedelta(minutes=random.choice((0, 0, 0, 1, 1, 2, 5))))
        self.holder = random.choice(HOLDERS)
        word = random.choices(self.words, self._weights)[0]
        if len(self.naive.promises) > MANY:
            word = random.choice(("release", "pick", "pick_fefo", "miss", "hand_over", "sweep"))
        if word in self._batches:
            self._batches[word]()
            return
        more = random.choices((*PLAIN, "receive", word), k=random.choice((0, 0, 0, 0, 1, 2)))
        acts = [self._act(each) for each in (word, *more)]
        if len(acts) > 1 and random.random() < 0.15:
            acts.insert(random.randint(0, len(acts)), self.unknown_hold())
        self._send_acts(acts)

    def wind_up(self) -> None:
        """Let every cart run out and every order be canceled."""
        self._pass_time(timedelta(days=1))
        self._sweep()
        for name in sorted(self.naive.promises):
            self.steps += 1
            self._send_acts([self.releasing("release", name)])
        self.compare_all()

    def _pass_time(self, by: timedelta) -> None:
        self.now += by
        self.naive.now = self.now

    def _act(self, word: str) -> Act:
        """An act of this kind, or of any other where nothing is there for it."""
        for other in (word, *self.random.choices([*self.makers], k=5)):
            if (act := self.makers[other]()) is not None:
                return act
        return self.receive()

    # --- sending -----------------------------------------------------------------------------

    def _send_acts(self, acts: Sequence[Act]) -> None:
        movements = Movements(f"b-{self.steps}", self.holder, self.now)
        trial, refused = self.naive.copy(), None
        words: list[str] = []
        for act in acts:
            made = act.do(movements)
            if refused is None:
                try:
                    act.predict(trial, made if isinstance(made, str) else "")
                    words.append(act.word)
                except No as no:
                    refused, words = no.code, [act.word]
        before = self.naive
        self._send(words, movements.batch(), refused, trial)
        if refused is None and words[0] in NEVER_FOR_SALE and len(acts) == 1:
            self._compare_offered(before, movements.batch())
        if refused is None and len(acts) == 1 and acts[0].undo is not None:
            posts = tuple(s for s in movements.batch() if isinstance(s, Post | PostPending))
            self._reversible = [*self._reversible[-20:], (posts, acts[0].undo)]

    def _send(
        self, words: Sequence[str], steps: Sequence[Step], refused: str | None, after: NaiveStock
    ) -> None:
        """Send a batch of which the model says whether it is refused, and what it leads to."""
        before, position = self.naive, self.ledger.position
        code = None
        try:
            recorded = self.ledger.apply(steps, self.now)
        except Rejected as rejected:
            recorded, code = [], rejected.code
        self.sent.append(Sent(tuple(steps), self.now, code))
        if code != refused:
            self.fail(f"{words}: the books say {code}, the model {refused}", steps)
        if self.ledger.position != position + len(recorded):
            self.fail(f"{words}: {len(recorded)} steps recorded at {position}", steps)
        if refused is None:
            self.naive = after
            ended = [(n, p) for n, p in before.promises.items() if n not in after.promises]
            self.stale = [*self.stale, *ended][-10:]
            self._accepted = [*self._accepted[-30:], tuple(steps)]
        self.tally.update((word, refused is None) for word in words)
        self._compare_touched(before, steps)

    def _repeat(self) -> None:
        """The same batch again: the books say yes, and nothing changes."""
        if self._accepted:
            position = self.ledger.position
            self._send(["repeat"], self.random.choice(self._accepted), None, self.naive)
            if self.ledger.position != position:
                self.fail("a batch that was recorded before is recorded again")

    def _half_repeat(self) -> None:
        """Some steps of a batch again, and others with them."""
        if self._accepted:
            movements = Movements(f"b-{self.steps}", self.holder, self.now)
            self.receive().do(movements)
            steps = [self.random.choice(self._accepted)[0], *movements.batch()]
            self._send(["half_repeat"], steps, "batch_partly_exists", self.naive)

    def _other_content(self) -> None:
        """A batch under ids that stand for something else."""
        steps = self.random.choice(self._accepted) if self._accepted else ()
        if any(isinstance(step, ExpirePending) for step in steps):
            return
        other = [with_reason(step, "another") for step in steps]
        if other:
            code = "id_exists_with_different_reason"
            self._send(["other_content"], other, code, self.naive)

    def _sweep(self) -> None:
        """Record what is over by now."""
        due = [
            ExpirePending(expiry_id(hold.id), hold.id, hold.expires_at)
            for hold in self.ledger.pendings()
            if hold.expires_at is not None and hold.is_due(self.now)
        ]
        after = self.naive.copy()
        after.sweep()
        if due:
            self._send(["sweep"], due, None, after)

    def _reverse(self) -> None:
        """Take a whole movement back, in both books."""
        if not self._reversible:
            return
        chosen = self.random.randrange(len(self._reversible))
        posts, undo = self._reversible[chosen]
        steps = [
            Reverse(reversal_id(step.id), step.id, "mistake", "", self.now, least_left(step))
            for step in reversed(posts)
        ]
        trial, refused = self.naive.copy(), None
        try:
            undo(trial)
        except No as no:
            refused = no.code
        else:
            del self._reversible[chosen]
        self._send(["reverse"], steps, refused, trial)

    # --- comparing ---------------------------------------------------------------------------

    def _compare_touched(self, before: NaiveStock, steps: Sequence[Step]) -> None:
        accounts: set[AccountId] = set()
        names: set[str] = set()
        for step in steps:
            told = self.ledger.step(step.step) if isinstance(step, Reverse) else step
            if isinstance(told, Post | Pend):
                accounts |= {told.source, told.target}
            names |= names_in(told)
        for name in names:
            promise = self.naive.promises.get(name) or before.promises.get(name)
            if promise is not None:
                accounts |= set(accounts_of(promise))
            self._compare_hold(name)
        for name in accounts:
            self._compare_account(name)

    def _compare_hold(self, name: str) -> None:
        promise, found = self.naive.promises.get(name), self.ledger.open_pending(name)
        expected = None if promise is None else hold_of(name, promise)
        if promise is not None and not self.naive.lives(promise) and found is None:
            return  # a guard has recorded that it is over
        if found != expected:
            self.fail(f"hold {name} is {found}, and should be {expected}")

    def _compare_account(self, name: AccountId) -> None:
        found = self.ledger.balance_at(name, self.now)
        expected, over = expected_balance(self.naive, name)
        # Holds that are over may point at their target until somebody records that.
        if found[:2] != expected[:2] or not 0 <= found.pending_in - expected.pending_in <= over:
            self.fail(f"{name} is {found}, and should be {expected}")

    def _compare_offered(self, before: NaiveStock, steps: Sequence[Step]) -> None:
        """Nothing that was promised is for sale between two steps of the batch either."""
        free: dict[tuple[str, str], int] = {}
        most: dict[tuple[str, str], int] = {}
        for step in steps:
            for at, change in offered_by(before, step):
                free.setdefault(at, before.free(*at))
                most.setdefault(at, max(free[at], self.naive.free(*at)))
                free[at] += change
                if free[at] > most[at]:
                    self.fail(f"{free[at]} of {at} are for sale in between, not {most[at]}", steps)

    def compare_all(self) -> None:
        """Every number of the books, and that they agree with each other and with their log."""
        naive, ledger = self.naive, self.ledger
        known = dict(ledger.balances())
        for name in known:
            self._compare_account(name)
        for (where, sku, place, lot), n in naive.units.items():
            if n and account("physical", where, sku, place, lot=lot) not in known:
                self.fail(f"the books do not know of {n} {sku} {where} {place} {lot}")
        held = {hold.id for hold in ledger.pendings()}
        for hold_id in held | naive.promises.keys():
            self._compare_hold(hold_id)
        if leaked := sorted(held - naive.promises.keys()):
            self.fail(f"holds without a holder: {leaked}")
        for sku in SKUS:
            for place in PLACES:
                self._compare_level(sku, place)
        if sums := {key: n for key, n in ledger.trial_balance().items() if n}:
            self.fail(f"the trial balance is {sums}")
        if differences := book_differences(known):
            self.fail(f"the books differ: {differences}")
        ledger.check_invariants()

    def _compare_level(self, sku: Sku, place: PlaceId) -> None:
        promised: Counter[str] = Counter()
        for p in self.naive.promises.values():
            if (p.sku, p.place) == (sku, place) and self.naive.lives(p):
                promised[p.kind] += p.quantity
        expected = StockLevel(
            sku=sku,
            place=place,
            on_hand=self.naive.lying("on_hand", sku, place),
            reserved=promised["reserved"],
            allocated=promised["allocated"],
            movable=promised["movable"],
            preordered=promised["preordered"],
            picked=at_work(self.naive, sku, place),
        )
        balances = {a: self.ledger.balance_at(a, self.now) for a in stock_accounts(sku, place)}
        found = stock_level(sku, place, balances)
        if found != expected or found.net != self.naive.free(sku, place):
            self.fail(f"the level is {found}, and should be {expected}")


def at_work(naive: NaiveStock, sku: str, place: str) -> int:
    return naive.lying("picked", sku, place) + naive.lying("packed", sku, place)


def expected_balance(naive: NaiveStock, name: AccountId) -> tuple[Balance, int]:
    """What an account should show, and how much that is over may still point at it."""
    book, code, sku, place, _, lot, _ = account_parts(name)
    pointing: list[Promise] = []
    leaving = posted = 0
    if book == "physical":
        posted = naive.lying(code, sku, place, lot)
    else:
        ends = [(p, accounts_of(p)) for p in naive.promises.values() if p.sku == sku]
        leaving = sum(p.quantity for p, (source, _) in ends if source == name and naive.lives(p))
        pointing = [p for p, (_, target) in ends if target == name]
    if code == "available":
        posted = naive.lying("on_hand", sku, place)
    elif code == "allocated":
        posted = at_work(naive, sku, place)
    elif code == "incoming":
        posted = sum(
            n
            for (s, p, day), n in naive.announced.items()
            if (s, p, day.isoformat()) == (sku, place, lot)
        )
    elif code == "outside":
        inside = sum(naive.lying("on_hand", sku, p) + at_work(naive, sku, p) for p in PLACES)
        posted = -inside - sum(n for (s, _, _), n in naive.announced.items() if s == sku)
    living = sum(p.quantity for p in pointing if naive.lives(p))
    return Balance(posted, leaving, living), sum(p.quantity for p in pointing) - living


def offered_by(naive: NaiveStock, step: Step) -> list[tuple[tuple[str, str], int]]:
    """By how much a step changes what is for sale where."""
    ends: list[tuple[AccountId, int]] = []
    if isinstance(step, Post):
        ends = [(step.source, -step.amount), (step.target, step.amount)]
    elif isinstance(step, Pend):
        ends = [(step.source, -step.amount)]
    elif isinstance(step, VoidPending) and (old := naive.promises.get(step.pending)):
        ends = [(accounts_of(old)[0], old.quantity)]
    parts = [(account_parts(name), change) for name, change in ends]
    return [((at.unit, at.place), change) for at, change in parts if at.code == "available"]


def names_in(step: Step | None) -> set[str]:
    """The holds that a step speaks of."""
    if isinstance(step, Pend):
        return {step.id}
    if isinstance(step, Merge):
        return {step.id, *step.pendings}
    if isinstance(step, Divide):
        return {step.pending, *step.part_ids}
    if isinstance(step, PostPending | VoidPending | ExpirePending):
        return {step.pending}
    return set()


def with_reason(step: Step, reason: str) -> Step:
    if isinstance(step, Post | Pend):
        return step._replace(reason=reason)
    assert not isinstance(step, ExpirePending)
    return attrs.evolve(step, reason=reason)


def least_left(step: Post | PostPending) -> int | None:
    """The guard under which a post is taken back: what has left a bucket is not taken from it."""
    if isinstance(step, PostPending):
        return None
    book, code, *_ = account_parts(step.target)
    return 0 if book == "physical" and code not in WITHOUT_END else None


def main(arguments: Sequence[str]) -> None:
    seed, steps = (int(word) for word in arguments)
    walk = StockWalk(seed).walk(steps)
    walk.compare_all()
    walk.wind_up()
    sys.stdout.write(f"seed {seed}: {steps} steps, {walk.accepted} accepted, all agree\n")


if __name__ == "__main__":
    main(sys.argv[1:])
