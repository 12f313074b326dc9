"""
The part of the SQLite store that reads the ledger: balances, holds, the log.

"""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import NOTHING, AccountId, Balance, Entry, OpenPending
from ordercore.stores import _sql as sql
from ordercore.stores._connections import Connections
from ordercore.stores._ledger_rows import pendings_made
from ordercore.stores._rows import Row, entry_of, key_list, pending_of, to_us

__all__ = ["PAGE_ROWS", "LedgerReading"]

#: How many rows an iteration reads at a time; between pages it holds nothing open.
PAGE_ROWS: Final = 500


class LedgerReading:
    """
    Reads ledgers from one file.

    """

    __slots__ = ("_connections",)

    def __init__(self, connections: Connections) -> None:
        self._connections: Final = connections

    def balances(
        self, tenant: TenantId, accounts: Collection[AccountId], at: Instant
    ) -> Mapping[AccountId, Balance]:
        """
        Return balances as they count at an instant: holds that are due no longer go out.

        All of them are of one moment. Cost: O(accounts + their due holds).
        """
        keys = tuple(dict.fromkeys(accounts))
        found = dict.fromkeys(keys, NOTHING)
        asked = (tenant, key_list(keys), to_us(at))
        found.update((row[0], Balance(*row[1:])) for row in self._glance(sql.BALANCES_AT, asked))
        return found

    def accounts(self, tenant: TenantId, prefix: str = "") -> Iterator[tuple[AccountId, Balance]]:
        """
        Iterate over touched accounts by prefix, in order, as recorded (due holds still counted).

        What is written meanwhile may be seen or not; inside :meth:`hold` all is of one moment.
        """
        rows = self._rows(sql.BALANCES_FROM, (tenant, prefix, PAGE_ROWS))
        while rows:
            for account, *numbers in rows:
                if not account.startswith(prefix):
                    return
                yield account, Balance(*numbers)
            rows = self._rows(sql.BALANCES_AFTER, (tenant, rows[-1][0], PAGE_ROWS))

    def pendings(
        self, tenant: TenantId, reference: str | None = None, *, source: AccountId | None = None
    ) -> Sequence[OpenPending]:
        """
        Return open holds in the order in which they were made: all, of one holder, of one account.

        """
        return [pending_of(row) for row in self._rows(*sql.pendings(tenant, reference, source))]

    def pendings_made(self, tenant: TenantId, ids: Collection[str]) -> Mapping[str, OpenPending]:
        """
        Return holds as they were made, open or ended since; unknown ids are absent.

        """
        with self._connections.one_moment() as connection:
            return pendings_made(connection, tenant, ids)

    def entries(
        self, tenant: TenantId, account: AccountId | None = None, *, after: int = 0
    ) -> Iterator[Entry]:
        """
        Iterate over the ledger's log beyond a position, all or what touched one account, in order.

        What is appended meanwhile is seen. Cost: O(steps beyond it, of the account where one is
        named), and eight bytes for each of an account's. The whole log is searched for an account
        that has no row, or one that somebody has written by hand.
        """
        if account is None:
            while rows := self._rows(sql.TRANSFERS, (tenant, after, PAGE_ROWS)):
                yield from map(entry_of, rows)
                after = rows[-1][0]
            return
        while (chain := self._chain(tenant, account, after)) is not None:
            if not chain:
                return
            for start in range(0, len(chain), PAGE_ROWS):
                page = chain[start : start + PAGE_ROWS].tolist()
                rows = self._rows(sql.TRANSFERS_AT, (tenant, key_list(page)))
                yield from map(entry_of, rows)
            after = chain[-1]
        while rows := self._rows(
            sql.TRANSFERS_SEARCHED, (tenant, after, account, account, PAGE_ROWS)
        ):
            yield from map(entry_of, rows)
            after = rows[-1][0]

    def _chain(self, tenant: TenantId, account: AccountId, after: int) -> "array[int] | None":
        """
        Return where the steps beyond a position stand that touched an account, in order.

        Each step names the ones before it, and the balance the last. None where that is broken.
        """
        chain = self._rows(sql.CHAIN, (tenant, account, after))
        if not chain or (end := chain.pop()[0]) is None or end > after:
            return None
        return array("q", (row[0] for row in reversed(chain)))

    def occurred_after(self, tenant: TenantId, at: Instant) -> Iterator[Entry]:
        """
        Iterate over the steps that are said to have occurred after an instant.

        Cost: O(these steps), whatever the length of the log.
        """
        last = (to_us(at), sql.POSITION_MAX)
        while rows := self._rows(sql.TRANSFERS_OCCURRED_AFTER, (tenant, *last, PAGE_ROWS)):
            yield from map(entry_of, rows)
            last = (rows[-1][-1], rows[-1][0])

    def last_position(self, tenant: TenantId) -> int:
        """
        Return the position of the last step of a tenant's log, 0 where there is none.

        """
        rows = self._rows(sql.LAST_POSITION, (tenant,))
        return int(rows[0][0]) if rows else 0

    def _glance(self, statement: str, keys: Row) -> list[Row]:
        return self._connections.glance(statement, keys)

    def _rows(self, statement: str, keys: Row) -> list[Row]:
        with self._connections.reading() as connection:
            return connection.execute(statement, keys).fetchall()
