"""Stores that are wrong in one way each, by the name of the case that has to find it."""

from collections.abc import Callable
from typing import Any

from tests.testing.wrong_stores._base import Wrong
from tests.testing.wrong_stores._commits import WRONG_COMMITS
from tests.testing.wrong_stores._ledgers import WRONG_LEDGERS
from tests.testing.wrong_stores._readings import WRONG_READINGS
from tests.testing.wrong_stores._work import WRONG_WORK

__all__ = ["WRONG_STORES", "Wrong"]

WRONG_STORES: dict[str, Callable[[], Any]] = {
    **WRONG_COMMITS,
    **WRONG_LEDGERS,
    **WRONG_WORK,
    **WRONG_READINGS,
}
