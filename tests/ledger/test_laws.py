from copy import deepcopy
from random import Random

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ordercore.errors import Rejected
from ordercore.instants import Instant
from ordercore.ledger import (
    AccountId,
    Balance,
    Divide,
    Ending,
    ExpirePending,
    Ledger,
    Merge,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    account,
)
from tests.ledger.builders import (
    SOLD,
    STOCK,
    SUPPLY,
    at,
    divide,
    expire,
    ledger_with,
    merge,
    pend,
    post,
    post_pending,
    refusal,
    reverse,
    state_of,
    void,
)
from tests.ledger.model import Model, No

PARIS = account("promise", "available", "MUG", "paris")
ACCOUNTS = [STOCK, PARIS, SOLD, SUPPLY]

pairs = st.permutations(ACCOUNTS).map(lambda names: (names[0], names[1]))
amounts = st.integers(1, 9)
guards = st.none() | st.integers(-3, 3)


class LedgerWalk(RuleBasedStateMachine):
    """
    Walks a ledger and the model side by side, through time, whatever is asked of them.

    """

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.model = Model()
        self.now = 0
        self.minted = 0
        self.ends: dict[str, str] = {}

    def new_id(self) -> str:
        self.minted += 1
        return f"s{self.minted}"

    def some_hold(self, data: st.DataObject) -> str:
        """
        Prefer a hold that is open, but ask for ended and unknown ones too.

        """
        names = [*self.model.open()] * 3 + [*self.model.holds, "nobody"]
        return data.draw(st.sampled_from(names), label="hold")

    def draw_step(self, data: st.DataObject) -> Step:
        kind = data.draw(
            st.sampled_from(
                [Post, Pend, Pend, Divide, Merge, PostPending, Reverse, "void", ExpirePending]
            ),
            label="kind",
        )
        step_id = self.new_id()
        if kind in {Post, Pend}:
            source, target = data.draw(pairs)
            amount, leave = data.draw(amounts), data.draw(guards)
            if kind is Post:
                return post(step_id, amount, source, target, leave=leave)
            until = data.draw(st.none() | st.integers(1, 20).map(lambda n: self.now + n))
            return pend(step_id, amount, source, target, leave=leave, until=until)
        if kind is Merge:
            return merge(step_id, *(self.some_hold(data) for _ in range(data.draw(st.just(2)))))
        if kind is Reverse:
            name = data.draw(st.sampled_from([*self.model.steps, "nobody"]), label="step")
            # Its name is given, so asked for twice it must be the same step.
            return reverse(name, leave=None if len(name) % 2 else 0)
        name = self.some_hold(data)
        hold = self.model.holds.get(name)
        held = hold["amount"] if hold else 1
        if kind is Divide:
            first = data.draw(st.integers(1, held))
            return divide(step_id, name, *([first, held - first] if first < held else [held]))
        if kind is PostPending:
            return post_pending(step_id, name, data.draw(st.none() | st.integers(1, held + 1)))
        if kind is ExpirePending and hold and hold["until"]:
            return ExpirePending(f"{name}/expired", name, hold["until"])
        return void(step_id, name)

    @initialize(amount=st.integers(0, 30))
    def stock_up(self, amount: int) -> None:
        if amount:
            self.both([post(self.new_id(), amount)])

    @rule(seconds=st.integers(0, 12))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(data=st.data())
    def try_a_step(self, data: st.DataObject) -> None:
        self.both([self.draw_step(data)])

    @rule(data=st.data(), length=st.integers(2, 5))
    def try_linked_steps(self, data: st.DataObject, length: int) -> None:
        self.both([self.draw_step(data) for _ in range(length)])

    @precondition(lambda self: self.model.steps)
    @rule(data=st.data())
    def repeat_a_step(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(list(self.model.steps.values())))
        before = state_of(self.ledger)

        assert self.ledger.apply([step], at(self.now)) == []
        assert state_of(self.ledger) == before

    def both(self, batch: list[Step]) -> None:
        before = state_of(self.ledger)
        now = at(self.now)
        if all(step.id in self.model.steps for step in batch):
            # Only steps whose names are given, expiries and reversals, can be recorded already.
            assert self.ledger.apply(batch, now) == []
            assert state_of(self.ledger) == before
            return
        try:
            self.model.apply(batch, now)
        except No:
            try:
                self.ledger.apply(batch, now)
            except Rejected:
                assert state_of(self.ledger) == before
            else:
                raise AssertionError(f"the model refuses {batch}")
        else:
            self.follow(self.ledger.apply(batch, now), batch, now)

    def follow(self, written: list[Step], batch: list[Step], now: Instant) -> None:
        own = [step for step in written if step not in batch]
        for step in own:
            assert isinstance(step, ExpirePending)
            assert step.occurred_at == self.model.holds[step.pending]["until"] <= now
            assert step == self.model.steps[step.id]
        assert [step for step in written if step in batch] == batch
        for step in written:
            endings = step.pendings if isinstance(step, Merge) else ()
            for pending in (step.pending,) if isinstance(step, Ending) else endings:
                assert pending not in self.ends, "a hold ends exactly once"
                self.ends[pending] = step.id

    @invariant()
    def agrees_with_the_model(self) -> None:
        now = at(self.now)
        for name in ACCOUNTS:
            assert self.ledger.balance_at(name, now) == self.model.balance_at(name, now)
            assert self.ledger.balance(name).pending_in == self.model.coming(name)
        open_holds = [(hold.id, hold.amount) for hold in self.ledger.pendings()]
        assert open_holds == [(name, hold["amount"]) for name, hold in self.model.open().items()]

    @invariant()
    def every_hold_is_open_or_has_one_end(self) -> None:
        for name, hold in self.model.holds.items():
            end = self.ledger.ended_by(name)
            assert (self.ledger.open_pending(name) is None) == hold["ended"] == (end is not None)
            assert end is None or end.id == self.ends[name]

    @invariant()
    def the_laws_hold_inside(self) -> None:
        assert all(total == 0 for total in self.ledger.trial_balance().values())
        self.ledger.check_invariants()


LedgerWalk.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


TestALedgerAgreesWithTheModel = LedgerWalk.TestCase


@st.composite
def histories(draw: st.DrawFn) -> tuple[Ledger, int]:
    """
    Draw a ledger with stock and open holds, and an instant by which some of them may be due.

    """
    ledger = ledger_with(post("in", draw(st.integers(20, 60))))
    for n in range(draw(st.integers(1, 5))):
        until = draw(st.none() | st.integers(1, 20))
        leave = draw(st.none() | st.integers(-9, 9))
        try:
            ledger.apply([pend(f"h{n}", draw(amounts), leave=leave, until=until)], at(0))
        except Rejected:
            continue
    return ledger, draw(st.integers(0, 20))


def all_balances(ledger: Ledger, seconds: int) -> dict[AccountId, Balance]:
    """
    Return the balances as they count; an account without any amount is as good as untouched.

    """
    counted = {name: ledger.balance_at(name, at(seconds)) for name, _ in ledger.balances()}
    return {name: balance for name, balance in counted.items() if any(balance)}


@given(histories(), amounts, guards)
def test_a_promise_never_leaves_less_than_its_guard(
    history: tuple[Ledger, int], amount: int, leave: int | None
) -> None:
    ledger, seconds = history
    before = ledger.balance_at(STOCK, at(seconds)).available
    if leave is not None and before - amount < leave:
        refused = refusal(ledger, pend("next", amount, leave=leave), seconds=seconds)
        assert (refused.code, refused.data["available"]) == ("shortage", before - leave)
    else:
        ledger.apply([pend("next", amount, leave=leave)], at(seconds))
        assert ledger.balance_at(STOCK, at(seconds)).available == before - amount


@given(histories())
def test_what_the_refusal_names_as_the_most_is_accepted(history: tuple[Ledger, int]) -> None:
    ledger, seconds = history
    free = ledger.balance_at(STOCK, at(seconds)).available
    refused = refusal(ledger, pend("all", max(free, 0) + 1), seconds=seconds)

    assert refused.legal == ((f"at most {free}",) if free > 0 else ("nothing now",))
    if free > 0:
        ledger.apply([pend("all", free)], at(seconds))
        assert ledger.balance_at(STOCK, at(seconds)).available == 0


@given(st.lists(amounts, min_size=1, max_size=6), st.data())
def test_a_divided_hold_leaves_every_balance_as_it_was(
    parts: list[int], data: st.DataObject
) -> None:
    ledger = ledger_with(post("in", 60), pend("h", sum(parts), until=9))
    before = dict(ledger.balances())
    ledger.apply([divide("cut", "h", *parts)], at(0))

    assert dict(ledger.balances()) == before

    name = data.draw(st.sampled_from([hold.id for hold in ledger.pendings()]))
    amount = ledger.open_pending(name)
    assert amount is not None
    ledger.apply([divide("again", name, *[1] * amount.amount)], at(8))

    assert dict(ledger.balances()) == before
    assert sum(hold.amount for hold in ledger.pendings()) == sum(parts)
    assert {hold.expires_at for hold in ledger.pendings()} == {at(9)}


@given(st.lists(amounts, min_size=2, max_size=6), st.none() | st.just(9))
def test_dividing_and_then_merging_is_as_if_nothing_had_been(
    parts: list[int], until: int | None
) -> None:
    ledger = ledger_with(post("in", 60), pend("h", sum(parts), until=until))
    before, (whole,) = dict(ledger.balances()), ledger.pendings()
    cut = divide("cut", "h", *parts)
    ledger.apply([cut, merge("again", *cut.part_ids)], at(0))

    assert dict(ledger.balances()) == before
    assert [attrs.evolve(hold, id="h") for hold in ledger.pendings()] == [whole]


@given(histories(), amounts, st.data())
def test_a_step_that_is_reversed_leaves_no_trace_in_the_balances(
    history: tuple[Ledger, int], amount: int, data: st.DataObject
) -> None:
    ledger, seconds = history
    before = all_balances(ledger, seconds)
    ways: list[list[Step]] = [
        [post("x", amount)],
        [post("x", amount, STOCK, SUPPLY)],
        [pend("hold", amount, leave=None), post_pending("x", "hold")],
        [
            pend("hold", amount + 1, leave=None),
            divide("cut", "hold", 1, amount),
            merge("joined", "hold/part-2", "hold/part-1"),
            post_pending("x", "joined", amount),
        ],
    ]
    batch = [*data.draw(st.sampled_from(ways)), reverse("x", leave=None)]
    for steps in [batch] if data.draw(st.booleans()) else [[step] for step in batch]:
        ledger.apply(steps, at(seconds))

    assert all_balances(ledger, seconds) == before
    assert ledger.apply([reverse("x", leave=None)], at(seconds)) == []
    ledger.check_invariants()


@given(histories(), amounts, st.booleans())
def test_a_hold_that_is_voided_was_never_there(
    history: tuple[Ledger, int],
    amount: int,
    linked: bool,
) -> None:
    ledger, seconds = history
    before = all_balances(ledger, seconds)
    steps: list[Step] = [pend("x", amount, leave=None), void("y", "x")]
    for batch in [steps] if linked else [[step] for step in steps]:
        ledger.apply(batch, at(seconds))

    assert all_balances(ledger, seconds) == before


@given(histories())
def test_a_due_hold_counts_no_more_whether_or_not_a_sweep_has_run(
    history: tuple[Ledger, int],
) -> None:
    ledger, seconds = history
    swept = deepcopy(ledger)
    for hold in ledger.due_pendings(STOCK, at(seconds), 99):
        assert hold.expires_at is not None
        swept.apply([ExpirePending(f"{hold.id}/expired", hold.id, hold.expires_at)], at(seconds))

    assert swept.balance_at(STOCK, at(seconds)) == ledger.balance_at(STOCK, at(seconds))

    free = swept.balance(STOCK).available
    if free > 0:
        for either in (ledger, swept):
            either.apply([pend("next", free)], at(seconds))
        assert dict(ledger.balances()) == dict(swept.balances())
        assert ids_of(ledger) == ids_of(swept)


def ids_of(ledger: Ledger) -> set[str]:
    return {entry.step.id for entry in ledger.entries()}


lone_batches = st.lists(st.tuples(amounts, pairs, st.integers(0, 3)), min_size=2, max_size=6)


@given(lone_batches, st.randoms(use_true_random=False))
def test_independent_batches_may_come_in_any_order(
    drawn: list[tuple[int, tuple[AccountId, AccountId], int]], random: Random
) -> None:
    """
    Batches that ask no guard and end only their own holds do not know of each other.

    """
    batches: list[list[Step]] = []
    for n, (amount, (source, target), fate) in enumerate(drawn):
        made = pend(f"h{n}", amount, source, target, leave=None)
        ends: list[list[Step]] = [
            [],
            [void(f"e{n}", f"h{n}")],
            [post_pending(f"e{n}", f"h{n}", 1)],
            [divide(f"e{n}", f"h{n}", amount), post_pending(f"f{n}", f"h{n}/part-1")],
        ]
        batches.append([made, *ends[fate]])
    shuffled = list(batches)
    random.shuffle(shuffled)
    one, other = Ledger(), Ledger()
    for batch in batches:
        one.apply(batch, at(0))
    for batch in shuffled:
        other.apply(batch, at(0))

    assert dict(one.balances()) == dict(other.balances())


@given(histories(), st.integers(0, 3), st.integers(1, 4))
def test_a_refused_batch_changes_nothing_wherever_it_breaks(
    history: tuple[Ledger, int], place: int, sound: int
) -> None:
    ledger, seconds = history
    batch: list[Step] = [pend(f"x{n}", 1, leave=-999) for n in range(sound)]
    batch.insert(place, pend("wrong", 999))

    assert refusal(ledger, *batch, seconds=seconds).data["step"] == "wrong"
    ledger.check_invariants()


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 31))
def test_pending_falls_with_time_alone(expiries: list[int], seconds: int) -> None:
    ledger = ledger_with(post("in", 99))
    for n, until in enumerate(expiries):
        ledger.apply([pend(f"h{n}", n + 1, until=until)], at(0))
    counting = sum(n + 1 for n, until in enumerate(expiries) if until > seconds)

    assert ledger.balance_at(STOCK, at(seconds)) == Balance(99, counting)

    swept = [expire(f"h{n}", until) for n, until in enumerate(expiries) if until <= seconds]
    ledger.apply(swept, at(seconds))
    assert ledger.balance(STOCK) == Balance(99, counting)
