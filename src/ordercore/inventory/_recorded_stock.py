"""
What the ledger says lay at a place at a point in time, and what came to light afterwards.

Theory of operation. A count, or the list of a warehouse's own system, is an assertion about a
moment. It must be compared with what had *occurred* by that moment, among all that is recorded
when it is compared; what occurred later is none of its business and survives. So what lay there
then is what lies there now less what has occurred since, by ``occurred_at``: a count costs what has
happened since its moment, not what ever happened.

*What must be on the shelf* is what is on hand and, with it, what the discrepancy account says: a
place that sent away two more than its record held has -2 there, and a count of nothing then
agrees with it. A count compares with that sum, therefore it explains a discrepancy before it
finds or loses anything.

A movement that is recorded after an assertion and occurred before it is *late*: the assertion
had seen its effect already, so the record is off by just its amount. It is never taken back
silently. :func:`late_movements` lists it, and recording the same count again compensates it,
naming it: the fold by ``occurred_at`` then contains the movement, and the difference that is left
is its opposite.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import attrs

from ordercore.grammar import Need
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._accounts import Bucket, available_account
from ordercore.ledger import NOTHING, AccountId, Balance, Entry, Post, account_parts

__all__ = [
    "AccountBalances",
    "LateMovement",
    "OnHandAsOf",
    "StockKey",
    "StockRecord",
    "Uncovered",
    "late_in",
    "recorded_prefixes",
    "recorded_stock",
    "uncovered",
]


class StockKey(NamedTuple):
    """
    Units that are counted together: of one SKU, in one bucket of a place, of one lot.

    """

    sku: Sku
    bucket: Bucket = Bucket.ON_HAND
    lot: str = ""


@attrs.frozen(kw_only=True)
class LateMovement:
    """
    A movement that occurred before an assertion and was recorded after it.

    Attributes:
        step_id: Its name in the ledger.
        position: Its place in the ledger's log.
        key: What it moved.
        delta: By how much; below zero where units went.
        occurred_at: When it happened, as claimed.
        recorded_at: When it became known.
        reason: Why.
        reference: For what.
    """

    step_id: str
    position: int
    key: StockKey
    delta: int
    occurred_at: Instant
    recorded_at: Instant
    reason: str
    reference: str


@attrs.frozen(kw_only=True)
class StockRecord:
    """
    What the ledger says of a place.

    Attributes:
        read_to: The position of the last entry that was read; later ones are not in here.
        as_of: Units by what occurred up to the point in time asked for.
        now: Units by all that is recorded.
        late: Movements after the position asked for that occurred by the point in time.
    """

    read_to: int
    as_of: Mapping[StockKey, int]
    now: Mapping[StockKey, int]
    late: tuple[LateMovement, ...] = ()

    def stated(self, key: StockKey) -> int:
        """
        Return what must have lain there at the point in time.

        On the shelf that is what was on hand less what had left beyond the record.
        """
        return self.as_of.get(key, 0) + (
            self.as_of.get(key._replace(bucket=Bucket.DISCREPANCY), 0)
            if key.bucket is Bucket.ON_HAND
            else 0
        )

    def lots(self, sku: Sku) -> tuple[str, ...]:
        """
        List the lots of a SKU of which anything lies or lay at the place, in order.

        """
        levels = (*self.as_of.items(), *self.now.items())
        return tuple(sorted({k.lot for k, units in levels if k.sku == sku and k.lot and units}))


@attrs.frozen
class OnHandAsOf(Need[StockRecord]):
    """
    What lay at a place by a point in time, among what is recorded; and what lies there now.

    Attributes:
        skus: Of these alone; empty for all that the place has ever had.
        place: Where.
        occurred_by: The point in time; what occurred just then is in.
        listed_after: List late movements of which the position is above this; None for none.
    """

    skus: tuple[Sku, ...]
    place: PlaceId
    occurred_by: Instant
    listed_after: int | None = None


@attrs.frozen
class AccountBalances(Need[Mapping[AccountId, Balance]]):
    """
    The balances of some accounts as they count now; an account that nothing touched is absent.

    """

    accounts: tuple[AccountId, ...]


@attrs.frozen(kw_only=True)
class Uncovered:
    """
    Promises that what is there no longer covers; they stand, and somebody must decide.

    Attributes:
        sku: Of what.
        place: Where.
        shortage: By how many units.
    """

    sku: Sku
    place: PlaceId
    shortage: int


_BUCKETS: Final = frozenset(bucket.value for bucket in Bucket)


def recorded_prefixes(need: OnHandAsOf) -> tuple[str, ...]:
    """
    Name what the accounts begin with whose balances answer a need.

    Without SKUs those of other places begin so too; they are not the need's.
    """
    if not need.skus:
        return tuple(f"physical|{bucket}|" for bucket in Bucket)
    return tuple(f"physical|{bucket}|{sku}|{need.place}|" for bucket in Bucket for sku in need.skus)


def recorded_stock(
    need: OnHandAsOf,
    balances: Iterable[tuple[AccountId, Balance]],
    entries: Iterable[Entry],
    read_to: int,
) -> StockRecord:
    """
    Answer a need from what is recorded at one position of the log.

    The shop's own units alone are told; those of other owners are theirs to count.

    Args:
        need: What is asked.
        balances: Of the accounts in question; others do no harm.
        entries: What occurred after the point in time, and what stands behind the position after
            which late movements are to be listed; in order of position, each once. Others do no
            harm.
        read_to: The position.

    Cost: O(balances + entries).
    """
    now: Counter[StockKey] = Counter()
    for account, balance in balances:
        key = _lies(account, need)
        if key is not None:
            now[key] += balance.posted
    as_of = Counter(now)
    late: list[LateMovement] = []
    for entry in entries:
        if entry.step.occurred_at > need.occurred_by:
            for key, delta in _moved(entry, need):
                as_of[key] -= delta
        elif need.listed_after is not None and entry.position > need.listed_after:
            late += late_in(entry, need)
    return StockRecord(read_to=read_to, as_of=as_of, now=now, late=tuple(late))


def late_in(entry: Entry, need: OnHandAsOf) -> list[LateMovement]:
    """
    Read an entry as late movements, if it occurred by the point in time of a need.

    What leaves the shelf for the discrepancy, or comes from there, moves nothing that a count
    could tell.
    """
    step = entry.step
    if not isinstance(step, Post) or step.occurred_at > need.occurred_by:
        return []
    moved: Counter[StockKey] = Counter()
    for key, delta in _moved(entry, need):
        shelf = key.bucket is Bucket.DISCREPANCY
        moved[key._replace(bucket=Bucket.ON_HAND) if shelf else key] += delta
    return [
        LateMovement(
            step_id=step.id,
            position=entry.position,
            key=key,
            delta=delta,
            occurred_at=step.occurred_at,
            recorded_at=entry.recorded_at,
            reason=step.reason,
            reference=step.reference,
        )
        for key, delta in sorted(moved.items())
        if delta
    ]


def _moved(entry: Entry, need: OnHandAsOf) -> list[tuple[StockKey, int]]:
    step = entry.step
    if not isinstance(step, Post):
        return []  # nothing in the physical book is ever held
    ends = ((step.source, -step.amount), (step.target, step.amount))
    found = [(_lies(account, need), delta) for account, delta in ends]
    return [(key, delta) for key, delta in found if key is not None]


def _lies(account: AccountId, need: OnHandAsOf) -> StockKey | None:
    parts = account_parts(account)
    if parts.book != "physical" or parts.place != need.place or parts.owner:
        return None
    if parts.code not in _BUCKETS:
        return None  # an account of the host's own
    sku = Sku(parts.unit)
    if need.skus and sku not in need.skus:
        return None
    return StockKey(sku, Bucket(parts.code), parts.lot)


def uncovered(
    place: PlaceId, changes: Mapping[Sku, int], balances: Mapping[AccountId, Balance]
) -> tuple[Uncovered, ...]:
    """
    Tell which promises are not covered once what is available has changed.

    Args:
        place: Where.
        changes: By how much what is available of each SKU changes.
        balances: Of the ``available_account`` of each.
    """
    found: list[Uncovered] = []
    for sku in sorted(changes):
        known = balances.get(available_account(sku, place), NOTHING)
        left = known.available + changes[sku]
        if left < 0:
            found.append(Uncovered(sku=sku, place=place, shortage=-left))
    return tuple(found)
