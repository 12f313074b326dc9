"""
Reading stock for people and shops: what is available, who waits, what was crossed.

"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Final

from ordercore.catalog import parts_of, with_components
from ordercore.engine._read import Reader
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

__all__ = ["StockReading"]

#: How often a stretch is read on while others write, before they are held off.
_RACES_MAX: Final = 3

#: Before everything: at this instant no hold is due, so balances are as recorded.
_EVER: Final = datetime.min.replace(tzinfo=UTC)


class StockReading:
    """
    The part of an engine that reads stock.

    """

    def __init__(self, reader: Reader, stock: StockRules, clock: Callable[[], Instant]) -> None:
        self._reader = reader
        self._stock_rules = stock
        self._today = clock

    def availability(
        self,
        *skus: str,
        places: tuple[str, ...] | None = None,
        channel: str = "",
        by: date | None = None,
        cart_id: str | None = None,
        order_id: str | None = None,
    ) -> tuple[StockLevel, ...]:
        """
        Read stock place by place, each number by its name, under the shop's rules of today.

        Args:
            skus: Which SKUs.
            places: Where; None for wherever the SKU ever lay or is expected.
            channel: For which channel: its buffer is kept back, and only places that serve it
                are in the answer. Empty for nobody in particular.
            by: Read what is expected, too; ``available_to_promise(by)`` of a level counts it.
            cart_id: On whose behalf: its own hold does not count against it.
            order_id: On whose behalf: the order's own promise does not count against it.

        Returns:
            One level a SKU and place, in order of both; none for a kit, which lies nowhere.
        """
        read = self._reading(places, channel, by, cart_id, order_id)
        return tuple(level for sku in skus for level in read(Sku(sku)).levels)

    def availability_of(
        self,
        sku: str,
        *,
        places: tuple[str, ...] | None = None,
        channel: str = "",
        by: date | None = None,
        cart_id: str | None = None,
        order_id: str | None = None,
    ) -> Availability:
        """
        Read stock of one SKU over places together; arguments as for :meth:`availability`.

        Of a kit, say how many its parts come to (:class:`~ordercore.inventory.KitAvailability`).

        Raises:
            InvalidData: A kit that the catalog tells cannot be taken apart.
        """
        read = self._reading(places, channel, by, cart_id, order_id)
        asked, products = Sku(sku), self._reader.catalog.products
        product = products((asked,)).get(asked)
        if product is None or not product.is_kit:
            return read(asked)
        parts = parts_of(asked, with_components(products, (asked,)))
        return KitAvailability(
            sku=asked, parts=tuple(PartAvailability(part, read(part.sku)) for part in parts)
        )

    def lots(
        self, sku: str, place: str, records: Iterable[LotRecord], *, owner: str = ""
    ) -> tuple[Lot, ...]:
        """
        Read which lots lie on the shelf of a place, to choose of them what to pick.

        Args:
            sku: What.
            place: Where.
            records: What the host knows of the SKU's lots: until when they are good, when they
                came in.
            owner: Whose; empty for the shop's own.

        Returns:
            The lots with units there, in order of lot and serial number. What was received
            without a lot is not among them.

        Raises:
            InvalidData: Lots lie there of which there is no record.

        Cost: O(lots of the SKU that ever lay there).
        """
        reader = self._reader
        balances = reader.store.accounts(reader.tenant, lots_prefix(sku, place, owner=owner))
        return lots_at(balances, records, sku, place, owner=owner)

    def waiting(self, sku: str, place: str) -> tuple[Covered, ...]:
        """
        Say who waits for a SKU at a place, since when and for how many; the longest first.

        Cost: O(open promises of the SKU at the place), sorted.
        """
        reader, at = self._reader, self._today()
        account = available_account(sku, place)
        on_hand = reader.store.balances(reader.tenant, (account,), at)[account].posted
        holds = reader.store.pendings(reader.tenant, source=account)
        return who_waits(on_hand, (hold for hold in holds if not hold.is_due(at)))

    def explain(
        self, sku: str, place: str, number: Number = "available", *, owner: str = ""
    ) -> tuple[Line, ...]:
        """
        Say why a number of stock is what it is: the steps that changed it, whose changes sum to it.

        The numbers are those of the account that is sold against: ``posted`` is what is on hand,
        ``pending_out`` what is promised of it, ``available`` the one less the other.

        Cost: O(steps that touched the account).
        """
        reader, account = self._reader, available_account(sku, place, owner)
        return explain(account, reader.store.entries(reader.tenant, account), number)

    def preordered(self, sku: str, place: str) -> tuple[AwaitedSupply, ...]:
        """
        Say who waits at a place for supply that is expected, by day and in promise order.

        Promises of a day that has passed, and those that nothing is expected for, are among them.

        Cost: O(days on which the SKU was ever expected there + open promises), sorted.
        """
        reader, at = self._reader, self._today()
        need = open_preorders((Sku(sku),), PlaceId(place))
        holds = open_preorders_at(reader.store, reader.tenant, need, at)
        accounts = sorted({hold.source for hold in holds})
        return awaited_supply(holds, reader.store.balances(reader.tenant, accounts, at))

    def crossings(self, after: int = 0, limit: int = 1_000) -> Crossings:
        """
        Find where SKUs ran out, ran low or came back in a stretch of the ledger's log.

        Each crossing belongs to one position, so whoever goes on from the position returned is
        told of each exactly once.

        Args:
            after: The position to read on from: 0, or what an earlier call has returned.
            limit: How many steps to read; the last batch is always read whole.

        Raises:
            InvalidData: ``after`` is below 0 or ``limit`` below 1.

        Cost: O(steps after ``after``), however few of them are told: what stood before them is
            what stands now less what they changed. Where one of them reverses an earlier step,
            the whole log is read once.
        """
        if after < 0 or limit < 1:
            raise InvalidData("crossings", (f"after {after}, limit {limit}: legal is 0 on, 1 on",))
        reader = self._reader
        for _ in range(_RACES_MAX):
            found = self._crossings(after, limit)
            if found is not None:
                return found
        with reader.store.hold(reader.tenant):
            found = self._crossings(after, limit)
        assert found is not None  # noqa: S101 - nobody writes while others are held off
        return found

    def _crossings(self, after: int, limit: int) -> Crossings | None:
        """
        Read a stretch, or None where somebody wrote between its log and its balances.

        """
        store, tenant = self._reader.store, self._reader.tenant
        tail = tuple(store.entries(tenant, after=after))
        if not tail:
            return Crossings((), after)
        wanted = reversed_before(tail)
        # Corrections are rare: only they make the log be read from its beginning.
        whole = store.entries(tenant) if wanted else iter(())
        earlier = tuple(entry for entry in whole if entry.step.id in wanted)
        holds = store.pendings_made(tenant, holds_ended((*earlier, *tail)))
        changed = available_changes(tail, holds, earlier)
        now = store.balances(tenant, tuple(changed), _EVER)
        if next(iter(store.entries(tenant, after=tail[-1].position)), None) is not None:
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
            terms=self._terms_of(changed),
            earlier=earlier,
        )
        return Crossings(found, stretch[-1].position)

    def _terms_of(
        self, accounts: Iterable[AccountId]
    ) -> Callable[[Sku, PlaceId, date], StockTerms]:
        rules = self._stock_rules
        skus = {Sku(account_parts(account).unit) for account in accounts}
        categories = self._reader.categories(skus, rules)
        return lambda sku, place, on: rules.terms_for(sku, categories.get(sku, ""), place, "", on)

    def _reading(
        self,
        places: tuple[str, ...] | None,
        channel: str,
        by: date | None,
        cart_id: str | None,
        order_id: str | None,
    ) -> Callable[[Sku], Availability]:
        """
        Return what reads one SKU after another for the same asker.

        """
        cart = None if cart_id is None else CartId(cart_id)
        order = None if order_id is None else OrderId(order_id)
        expected = by is not None

        def read(sku: Sku) -> Availability:
            where = self._places_of(sku, expected=expected) if places is None else places
            need = StockAt((sku,), tuple(map(PlaceId, where)), cart, order, supply=expected)
            (found,) = self._reader.available(need, self._stock_rules, channel, self._today())
            return found

        return read

    def _places_of(self, sku: str, *, expected: bool) -> tuple[str, ...]:
        reader = self._reader
        prefix = f"promise|available|{sku}|"
        lain = {
            account_parts(account).place
            for account, _ in reader.store.accounts(reader.tenant, prefix)
        }
        return tuple(sorted(lain | set(reader.supply(Sku(sku)) if expected else ())))
