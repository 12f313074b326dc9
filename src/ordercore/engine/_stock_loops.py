"""
The loops that read stock for people and shops: what is available, who waits, what was crossed.

"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Final

import attrs

from ordercore.catalog import parts_of
from ordercore.engine._read import Reader
from ordercore.engine._requests import Call, Each, Hold, Loop, collect
from ordercore.engine._stock_facts import open_preorders_at
from ordercore.errors import InvalidData
from ordercore.ids import CartId, OrderId, PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory import (
    Availability,
    AwaitedSupply,
    Covered,
    Crossings,
    KitAvailability,
    Lot,
    LotRecord,
    PartAvailability,
    StockAt,
    StockLevel,
    StockRules,
    StockTerms,
    available_account,
    available_changes,
    awaited_supply,
    batches,
    crossings,
    holds_ended,
    lots_at,
    lots_prefix,
    open_preorders,
    reversed_before,
    who_waits,
)
from ordercore.ledger import AccountId, Entry, Line, Number, account_parts, explain

__all__ = ["Asker", "StockLoops"]

#: How often a stretch is read on while others write, before they are held off.
_RACES_MAX: Final = 3

#: Before everything: at this instant no hold is due, so balances are as recorded.
_EVER: Final = datetime.min.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Asker:
    """
    Who asks what is available, and where; see :meth:`ordercore.Engine.availability`.

    """

    places: tuple[str, ...] | None
    channel: str
    by: date | None
    cart_id: str | None
    order_id: str | None


@attrs.frozen
class StockLoops:
    """
    Reads the stock of one tenant under a shop's rules.

    """

    reader: Reader
    rules: StockRules
    clock: Callable[[], Instant]

    def availability(self, skus: tuple[str, ...], asker: Asker) -> Loop[tuple[StockLevel, ...]]:
        """
        Read stock place by place.

        """
        found: list[StockLevel] = []
        for sku in skus:
            found += (yield from self._available(Sku(sku), asker)).levels
        return tuple(found)

    def availability_of(self, sku: str, asker: Asker) -> Loop[Availability]:
        """
        Read stock of one SKU over places together.

        """
        asked = Sku(sku)
        product = (yield from Call(self.reader.catalog.products, (asked,))).get(asked)
        if product is None or not product.is_kit:
            return (yield from self._available(asked, asker))
        parts: list[PartAvailability] = []
        for part in parts_of(asked, (yield from self.reader.products((asked,)))):
            available = yield from self._available(part.sku, asker)
            parts.append(PartAvailability(part, available))
        return KitAvailability(sku=asked, parts=tuple(parts))

    def lots(
        self, sku: str, place: str, records: Iterable[LotRecord], owner: str
    ) -> Loop[tuple[Lot, ...]]:
        """
        Read which lots lie on the shelf of a place.

        """
        reader, prefix = self.reader, lots_prefix(sku, place, owner=owner)
        balances = yield from collect(reader.store.accounts, reader.tenant, prefix)
        return lots_at(balances, records, sku, place, owner=owner)

    def waiting(self, sku: str, place: str) -> Loop[tuple[Covered, ...]]:
        """
        Say who waits for a SKU at a place.

        """
        reader, at = self.reader, self.clock()
        account = available_account(sku, place)
        balances = yield from Call(reader.store.balances, reader.tenant, (account,), at)
        holds = yield from Call(reader.store.pendings, reader.tenant, source=account)
        on_hand = balances[account].posted
        return who_waits(on_hand, (hold for hold in holds if not hold.is_due(at)))

    def explain(self, sku: str, place: str, number: Number, owner: str) -> Loop[tuple[Line, ...]]:
        """
        Say why a number of stock is what it is.

        """
        reader, account = self.reader, available_account(sku, place, owner)
        entries = yield from collect(reader.store.entries, reader.tenant, account)
        return explain(account, entries, number)

    def preordered(self, sku: str, place: str) -> Loop[tuple[AwaitedSupply, ...]]:
        """
        Say who waits at a place for supply that is expected.

        """
        reader, at = self.reader, self.clock()
        need = open_preorders((Sku(sku),), PlaceId(place))
        holds = yield from open_preorders_at(reader.store, reader.tenant, need, at)
        accounts = sorted({hold.source for hold in holds})
        balances = yield from Call(reader.store.balances, reader.tenant, accounts, at)
        return awaited_supply(holds, balances)

    def crossings(self, after: int, limit: int) -> Loop[Crossings]:
        """
        Find where SKUs ran out, ran low or came back in a stretch of the ledger's log.

        """
        if after < 0 or limit < 1:
            raise InvalidData("crossings", (f"after {after}, limit {limit}: legal is 0 on, 1 on",))
        for _ in range(_RACES_MAX):
            found = yield from self._crossings(after, limit)
            if found is not None:
                return found
        found = yield from Hold(self._crossings(after, limit))
        assert found is not None  # noqa: S101 - nobody writes while others are held off
        return found

    def _crossings(self, after: int, limit: int) -> Loop[Crossings | None]:
        """
        Read a stretch, or None where somebody wrote between its log and its balances.

        """
        store, tenant = self.reader.store, self.reader.tenant
        tail = yield from collect(store.entries, tenant, after=after)
        if not tail:
            return Crossings((), after)
        earlier: list[Entry] = []
        if wanted := reversed_before(tail):
            # Corrections are rare: only they make the log be read from its beginning.
            def remember(entry: Entry) -> None:
                if entry.step.id in wanted:
                    earlier.append(entry)

            yield from Each(remember, store.entries, tenant)
        holds = yield from Call(store.pendings_made, tenant, holds_ended((*earlier, *tail)))
        changed = available_changes(tail, holds, earlier)
        now = yield from Call(store.balances, tenant, tuple(changed), _EVER)
        if (yield from Call(store.last_position, tenant)) != tail[-1].position:
            return None
        before = {account: now[account].available - change for account, change in changed.items()}
        stretch: list[Entry] = []
        for batch in batches(tail):
            stretch.extend(batch)
            if len(stretch) >= limit:
                break
        found = crossings(
            stretch,
            before=before,
            holds=holds,
            terms=(yield from self._terms_of(changed)),
            earlier=earlier,
        )
        return Crossings(found, stretch[-1].position)

    def _terms_of(
        self, accounts: Iterable[AccountId]
    ) -> Loop[Callable[[Sku, PlaceId, date], StockTerms]]:
        rules = self.rules
        skus = {Sku(account_parts(account).unit) for account in accounts}
        categories = yield from self.reader.categories(skus, rules)
        return lambda sku, place, on: rules.terms_for(sku, categories.get(sku, ""), place, "", on)

    def _available(self, sku: Sku, asker: Asker) -> Loop[Availability]:
        expected = asker.by is not None
        where = asker.places
        if where is None:
            where = yield from self._places_of(sku, expected=expected)
        need = StockAt(
            (sku,),
            tuple(map(PlaceId, where)),
            None if asker.cart_id is None else CartId(asker.cart_id),
            None if asker.order_id is None else OrderId(asker.order_id),
            supply=expected,
        )
        (found,) = yield from self.reader.available(need, self.rules, asker.channel, self.clock())
        return found

    def _places_of(self, sku: Sku, *, expected: bool) -> Loop[tuple[str, ...]]:
        reader = self.reader
        found: set[str] = set()

        def note(row: tuple[AccountId, object]) -> None:
            found.add(account_parts(row[0]).place)

        prefix = f"promise|available|{sku}|"
        yield from Each(note, reader.store.accounts, reader.tenant, prefix)
        if expected:
            found |= set((yield from reader.supply(sku)))
        return tuple(sorted(found))
