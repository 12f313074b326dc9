"""
A payment provider and carrier that outlives the processes which call it, and keeps its own books.

What it did lies in a SQLite file of its own, so it knows nothing of what the callers have recorded
and can be held against it. Several processes call it at once. It is as hard to deal with as what it
declares allows:

- Payments declare a lookup that is late, and no idempotency: a key that comes a second time acts a
  second time, and the books show it.
- The carrier declares that it recognizes keys for an hour, and no lookup.

Which calls go wrong, and how, follows from the seed, the key and how often it was asked. Calls take
a few milliseconds before and after they act, so that many callers die right there.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Lock

import attrs

from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Declined, Effect, Outcome, Succeeded, Unknown
from ordercore.instants import Instant, seconds_after
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities
from ordercore.testing import Fault

SETTLING_S = 30
WINDOW_S = 3_600
#: How long a caller waits for its turn; well below what a lease allows.
PATIENCE_S = 20
WEEK = timedelta(days=7)
DELAY_MAX_S = 0.008

#: Of a hundred calls, how many meet what; a planned decline is for good, the rest befalls one call.
FAULTS_PERCENT = {
    Fault.TIMEOUT_AFTER: 9,
    Fault.LATE: 5,
    Fault.TIMEOUT_BEFORE: 4,
    Fault.UNKNOWN_VALUE: 3,
    Fault.UNAVAILABLE: 4,
}
DECLINED_PERCENT = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS acts (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, operation TEXT NOT NULL,
    acted INTEGER NOT NULL, reference TEXT NOT NULL, at TEXT NOT NULL, seen_from TEXT NOT NULL,
    authorization TEXT NOT NULL, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS acts_by_key ON acts (key);
CREATE INDEX IF NOT EXISTS acts_by_authorization ON acts (authorization);
CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""


@attrs.frozen
class Act:
    """One line of the provider's books: what it did, or refused for good."""

    number: int
    key: str
    operation: str
    acted: bool
    reference: str
    at: str
    seen_from: str
    authorization: str
    amount_minor: int
    currency: str

    @property
    def outcome(self) -> Outcome:
        if not self.acted:
            return Declined(code="refused", reason=self.reference)
        if self.operation == "buy_label":
            return Succeeded(reference=self.reference, account="drillpost")
        money = {"account": "drillpay", "amount_minor": self.amount_minor}
        if self.operation == "authorize":
            until = Instant.fromisoformat(self.at) + WEEK
            return Succeeded(reference=self.reference, valid_until=until, **money)  # type: ignore[arg-type]
        return Succeeded(reference=self.reference, **money)  # type: ignore[arg-type]


class Provider:
    """The books, and the way in which calls to them go wrong."""

    def __init__(
        self, path: Path, clock: Callable[[], Instant], seed: int, *, calm: bool = False
    ) -> None:
        self._clock = clock
        self._seed = seed
        self._calm = calm
        self._lock = Lock()
        self._books = sqlite3.connect(
            path, timeout=60, isolation_level=None, check_same_thread=False
        )
        self._books.execute("PRAGMA journal_mode = WAL")
        self._books.execute("PRAGMA synchronous = OFF")  # the machine is not switched off
        self._books.executescript(_SCHEMA)
        self.payments = Payments(self)
        self.carrier = Carrier(self)

    def close(self) -> None:
        self._books.close()

    def acts(self) -> list[Act]:
        rows = self._books.execute("SELECT * FROM acts ORDER BY number").fetchall()
        return [_act(row) for row in rows]

    def calls(self) -> int:
        found: int = self._books.execute("SELECT coalesce(sum(count), 0) FROM calls").fetchone()[0]
        return found

    # --- calls ---------------------------------------------------------------------------------

    def ask(
        self,
        operation: str,
        ask: Effect,
        judge: Callable[[], tuple[str, str, int, str]],
        *,
        window_s: int = 0,
    ) -> Outcome:
        """
        Act, unless something is in the way, and answer, unless something is in the way.

        ``judge`` says why not ("" if it may be), on which authorization, how much, of what.
        """
        asked_at = self._clock()
        self._dawdle()
        with self._lock:
            self._books.execute("BEGIN IMMEDIATE")
            try:
                fault = self._fault(ask.key, self._count(ask.key))
                late = self._clock() > seconds_after(asked_at, PATIENCE_S)
                act = None
                if not late and fault not in {Fault.UNAVAILABLE, Fault.TIMEOUT_BEFORE}:
                    act = self._recognized(ask.key, window_s)
                    act = act or self._write(operation, ask.key, fault, judge())
            finally:
                self._books.execute("COMMIT")
        self._dawdle()
        if fault is Fault.UNAVAILABLE:
            raise PortUnavailable("provider", f"{operation} is away")
        if act is None or fault in {Fault.TIMEOUT_AFTER, Fault.LATE}:
            raise OutcomeUnknown("provider", ask.key, f"{operation} has timed out")
        if fault is Fault.UNKNOWN_VALUE:
            return Unknown(reason=f"{operation} is under way")
        return act.outcome

    def look_up(self, key: str) -> Outcome | None:
        with self._lock:
            self._books.execute("BEGIN IMMEDIATE")
            away = self._fault(f"lookup of {key}", self._count(f"lookup of {key}")) is not None
            acts = self.of_key(key)
            self._books.execute("COMMIT")
        if away:
            raise PortUnavailable("provider", "lookup is away")
        now = self._clock().isoformat()
        seen = [act for act in acts if act.seen_from <= now]
        done = [act for act in seen if act.acted] or seen
        return done[-1].outcome if done else None

    # --- books ---------------------------------------------------------------------------------

    def of_key(self, key: str) -> list[Act]:
        rows = self._books.execute("SELECT * FROM acts WHERE key = ? ORDER BY number", (key,))
        return [_act(row) for row in rows.fetchall()]

    def moved(self, authorization: str, operation: str) -> int:
        row = self._books.execute(
            "SELECT coalesce(sum(amount_minor), 0) FROM acts"
            " WHERE authorization = ? AND operation = ? AND acted",
            (authorization, operation),
        ).fetchone()
        moved: int = row[0]
        return moved

    def declines(self, key: str) -> bool:
        """Whether the plan refuses what is asked under a key."""
        return not self._calm and self._draw(f"decline {key}") < DECLINED_PERCENT

    def _recognized(self, key: str, window_s: int) -> Act | None:
        known = self.of_key(key)
        if not known:
            return None
        ends = seconds_after(Instant.fromisoformat(known[-1].at), window_s)
        return known[-1] if self._clock() < ends else None

    def _write(
        self, operation: str, key: str, fault: Fault | None, judged: tuple[str, str, int, str]
    ) -> Act:
        refusal, authorization, amount_minor, currency = judged
        now = self._clock()
        last: int = self._books.execute("SELECT coalesce(max(number), 0) FROM acts").fetchone()[0]
        act = Act(
            number=last + 1,
            key=key,
            operation=operation,
            acted=not refusal,
            reference=refusal or f"{operation}-{last + 1}",
            at=now.isoformat(),
            seen_from=(seconds_after(now, SETTLING_S) if fault is Fault.LATE else now).isoformat(),
            authorization=authorization or f"{operation}-{last + 1}",
            amount_minor=amount_minor,
            currency=currency,
        )
        marks = ", ".join("?" * len(attrs.fields(Act)))
        self._books.execute(f"INSERT INTO acts VALUES ({marks})", attrs.astuple(act))  # noqa: S608
        return act

    def _count(self, key: str) -> int:
        count: int = self._books.execute(
            "INSERT INTO calls VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET count = count + 1"
            " RETURNING count",
            (key,),
        ).fetchone()[0]
        return count

    def _fault(self, key: str, nth: int) -> Fault | None:
        drawn = self._draw(f"{key} {nth}")
        for fault, percent in FAULTS_PERCENT.items():
            drawn -= percent
            if drawn < 0:
                return None if self._calm else fault
        return None

    def _draw(self, what: str) -> float:
        return random.Random(f"{self._seed} {what}").random() * 100

    def _dawdle(self) -> None:
        if not self._calm:
            time.sleep(random.random() * DELAY_MAX_S)


def _act(row: tuple[object, ...]) -> Act:
    act = Act(*row)  # type: ignore[arg-type]
    return attrs.evolve(act, acted=bool(act.acted))


class Payments:
    """The payment port of the provider."""

    capabilities = ActingCapabilities(lookup=True, settling_s=SETTLING_S)

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def authorize(self, ask: AskAuthorization) -> Outcome:
        refusal = "the card says no" if ask.token_ref.endswith("declined") else ""
        return self._provider.ask(
            "authorize", ask, lambda: (refusal, "", ask.amount_minor, ask.currency)
        )

    def capture(self, ask: AskCapture) -> Outcome:
        return self._judged("capture", ask, lambda: self._left(ask.authorization))

    def void(self, ask: AskVoid) -> Outcome:
        return self._judged("void", ask, lambda: self._left(ask.authorization))

    def refund(self, ask: AskRefund) -> Outcome:
        moved = self._provider.moved
        return self._judged(
            "refund",
            ask,
            lambda: moved(ask.authorization, "capture") - moved(ask.authorization, "refund"),
        )

    def lookup(self, key: str) -> Outcome | None:
        return self._provider.look_up(key)

    def _left(self, authorization: str) -> int:
        moved = self._provider.moved
        return (
            moved(authorization, "authorize")
            - moved(authorization, "capture")
            - moved(authorization, "void")
        )

    def _judged(
        self, operation: str, ask: AskCapture | AskVoid | AskRefund, most: Callable[[], int]
    ) -> Outcome:
        def judge() -> tuple[str, str, int, str]:
            refusal = ""
            if ask.amount_minor > (left := most()):
                refusal = f"{ask.amount_minor} is above the {left} that are left"
            elif self._provider.declines(ask.key):
                refusal = "not today"
            return (refusal, ask.authorization, ask.amount_minor, ask.currency)

        return self._provider.ask(operation, ask, judge)


class Carrier:
    """The carrier port of the provider; rates go up from place to place."""

    capabilities = ActingCapabilities(idempotency_s=WINDOW_S)

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return tuple(
            ShippingRate(place=place, package_minor=400 + 50 * n, unit_minor=20)
            for n, place in enumerate(question.places)
        )

    def buy_label(self, ask: AskLabel) -> Outcome:
        def judge() -> tuple[str, str, int, str]:
            return ("no label today" if self._provider.declines(ask.key) else "", "", 0, "")

        return self._provider.ask("buy_label", ask, judge, window_s=WINDOW_S)

    def lookup(self, key: str) -> Outcome | None:
        raise NotImplementedError(key)  # not declared
