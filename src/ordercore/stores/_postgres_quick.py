"""
One prepared statement, sent with the least ado: for the commit that is a single statement.

A cursor finds out types, describes columns and waits so that signals are seen at once; for a
statement of some tens of microseconds that is half of its time. Here the texts of the parameters go
straight to libpq, and texts come back. The call blocks without holding the interpreter's lock, and
an interrupt is seen when the server has answered, at the latest after the statement's timeout.
"""

from collections.abc import MutableMapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus

from ordercore.stores._postgres_work import Rows, Statement

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

__all__ = ["quick_rows"]

_STATE: Final = DiagnosticField.SQLSTATE
_UNKNOWN: Final = b"26000"
_NUMBERS: Final = count()

#: Of each connection: the names of the statements that it has prepared, by their text.
_PREPARED: Final[MutableMapping["psycopg.Connection[Any]", dict[str, bytes]]] = WeakKeyDictionary()


def quick_rows(connection: "psycopg.Connection[Any]", statement: Statement) -> Rows | None:
    """
    Carry a statement out; every column of its rows is a text or None.

    Returns:
        None where it must go another way: the connection speaks another encoding, or a parameter
        is of another kind than str, int and None.

    Raises:
        psycopg.Error: As a cursor raises it.
    """
    keys = [_written(key) for key in statement.keys]
    if False in keys:
        return None
    prepared = _PREPARED.setdefault(connection, {})
    if not prepared and connection.info.encoding != "utf-8":
        return None
    result = _executed(connection, prepared, statement.text, keys)
    if result.status == ExecStatus.FATAL_ERROR and result.error_field(_STATE) == _UNKNOWN:
        # Psycopg has all statements forgotten when a transaction was rolled back.
        prepared.clear()
        result = _executed(connection, prepared, statement.text, keys)
    if result.status != ExecStatus.TUPLES_OK:
        raise error_from_result(result)
    columns = range(result.nfields)
    return [
        tuple(_read(result.get_value(row, column)) for column in columns)
        for row in range(result.ntuples)
    ]


def _executed(
    connection: "psycopg.Connection[Any]",
    prepared: dict[str, bytes],
    text: str,
    keys: Sequence[bytes | bool | None],
) -> "PGresult":
    name = prepared.get(text)
    if name is None:
        name = f"ordercore_{next(_NUMBERS)}".encode()
        made = connection.pgconn.prepare(name, text.encode())
        if made.status != ExecStatus.COMMAND_OK:
            return made
        prepared[text] = name
    return connection.pgconn.exec_prepared(name, keys)  # type: ignore[arg-type]  # no False in it


def _written(key: object) -> bytes | bool | None:
    if key is None:
        return None
    if isinstance(key, str) and "\0" not in key:  # libpq would end the text there
        return key.encode()
    return str(key).encode() if type(key) is int else False


def _read(value: bytes | None) -> str | None:
    return None if value is None else bytes(value).decode()
