"""The kit of stores: each case finds the fault that it is named for, and no other does."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from ordercore.ports import Store
from ordercore.stores import MemoryStore
from ordercore.testing import STORE_CASES, ConformanceFailure, check_store
from tests.testing.wrong_stores import WRONG_STORES, Wrong


def test_every_store_claim_has_a_store_that_breaks_it() -> None:
    assert [case.name for case in STORE_CASES] == list(WRONG_STORES)


def test_the_store_that_is_made_wrong_is_right() -> None:
    held = check_store(lambda: cast("Store", Wrong()), reopen=Wrong.back)

    assert held == tuple(case.name for case in STORE_CASES)


@pytest.mark.parametrize(("name", "make"), WRONG_STORES.items())
def test_a_wrong_store_fails_exactly_the_claim_that_it_breaks(
    name: str, make: Callable[[], Any]
) -> None:
    broken: list[str] = []
    for case in STORE_CASES:
        try:
            check_store(make, cases=(case,), reopen=lambda store: store.back())
        except ConformanceFailure as failure:
            broken.append(failure.case)

    assert broken == [name]


def test_claims_about_coming_back_apply_where_there_is_something_to_come_back_to() -> None:
    held = check_store(MemoryStore)

    apart = {case.name for case in STORE_CASES} - set(held)
    assert apart
    assert all(name.endswith("when_opened_again") for name in apart)


@pytest.mark.parametrize("case", STORE_CASES, ids=str)
def test_every_store_claim_says_why_it_matters(case: Any) -> None:
    assert case.claim.endswith(".")
