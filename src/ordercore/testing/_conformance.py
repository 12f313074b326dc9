"""
The frame of the conformance kits.

A kit is a tuple of cases, each a claim that every adapter of a port must meet. A case gets a trial:
a fresh adapter and what is needed to ask it things. Cases are independent, so that an adapter with
one fault fails one case and the name of the case is the diagnosis.

Nothing here knows a test runner. With pytest, an adapter's suite is:

    @pytest.mark.parametrize("case", PAYMENT_CASES, ids=str)
    def test_it_conforms(case):
        check_payment_gateway(make_my_gateway, cases=(case,))

An adapter that is awaited is asked with the same cases; see ``ordercore.testing._awaited``.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import attrs

from ordercore.errors import InvalidData
from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.testing._awaited import Asked, Driver

__all__ = [
    "Case",
    "ConformanceFailure",
    "Kit",
    "at_once",
    "refused",
    "require",
    "run_cases",
    "succeeded",
]

TrialT = TypeVar("TrialT")
ResultT = TypeVar("ResultT")


class ConformanceFailure(AssertionError):
    """
    An adapter does not do what its port promises.

    Attributes:
        case: The name of the case.
        message: What was expected and what was found.
    """

    def __init__(self, case: str, message: str) -> None:
        self.case = case
        self.message = message
        super().__init__(case, message)

    def __str__(self) -> str:
        return f"{self.case}: {self.message}"


class Unmet(Exception):
    """
    Something that a case requires does not hold.

    """


def _always(_: object) -> bool:
    return True


@attrs.frozen(kw_only=True)
class Case(Generic[TrialT]):
    """
    One claim about every adapter of a port.

    Attributes:
        name: What fails where it does not hold (``"a_capture_above_the_rest_is_declined"``).
        claim: The same in a sentence, and why it matters.
        body: Asks the adapter and requires.
        applies: Whether the adapter declares what the claim rests on.
    """

    name: str
    claim: str
    body: Callable[[TrialT], None]
    applies: Callable[[TrialT], bool] = _always

    def __str__(self) -> str:
        return self.name

    def check(self, trial: TrialT) -> bool:
        """
        Hold the claim against a fresh adapter.

        Returns:
            Whether the claim applies; it was held against the adapter only then.

        Raises:
            ConformanceFailure: The claim does not hold, or the adapter raised what it may not.
        """
        if not self.applies(trial):
            return False
        try:
            self.body(trial)
        except Unmet as error:
            raise ConformanceFailure(self.name, str(error)) from None
        except Exception as error:
            message = f"the adapter raised {type(error).__name__}: {error}"
            raise ConformanceFailure(self.name, message) from error
        return True


class Kit(Generic[TrialT]):
    """
    Collects the cases of a port in the order in which they are written.

    """

    def __init__(self) -> None:
        self._cases: list[Case[TrialT]] = []

    def case(
        self, applies: Callable[[TrialT], bool] = _always
    ) -> Callable[[Callable[[TrialT], None]], Callable[[TrialT], None]]:
        """
        Register a function as a case; its name is the case's, its docstring the claim.

        """

        def register(body: Callable[[TrialT], None]) -> Callable[[TrialT], None]:
            name = body.__name__.strip("_")
            claim = " ".join((body.__doc__ or "").split())
            self._cases.append(Case(name=name, claim=claim, body=body, applies=applies))
            return body

        return register

    @property
    def cases(self) -> tuple[Case[TrialT], ...]:
        """
        What was registered.

        """
        return tuple(self._cases)


def run_cases(
    cases: Iterable[Case[TrialT]],
    make: Callable[[], Any],
    port: type,
    trial: Callable[[str, Asked], TrialT],
    *,
    end: Callable[[TrialT], None] = lambda _: None,
) -> tuple[str, ...]:
    """
    Hold cases against adapters, each against a fresh one.

    Args:
        cases: Which.
        make: Returns a fresh adapter of either kind, or is awaited for one.
        port: The protocol that it implements.
        trial: Makes a trial of a case's name and an adapter.
        end: Gives back what a trial has open.

    Returns:
        The names of the cases that apply, all of which hold.

    Raises:
        ConformanceFailure: The first that does not hold.
    """
    held: list[str] = []
    with Driver(port) as driver:
        for case in cases:
            tried = trial(case.name, driver.asked(make))
            try:
                if case.check(tried):
                    held.append(case.name)
            finally:
                end(tried)
    return tuple(held)


def at_once(call: Callable[[int], ResultT], count: int) -> list[ResultT]:
    """
    Call with 0, 1, 2 ... from as many threads, and return the answers in that order.

    """
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def require(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    """
    End the case with a message unless something holds.

    """
    if not holds:
        raise Unmet(message)


def succeeded(outcome: Outcome, what: str) -> Succeeded:
    """
    Require success.

    """
    if not isinstance(outcome, Succeeded):
        raise Unmet(f"{what} should succeed and came to {outcome}")
    return outcome


def refused(ask: Callable[[], Outcome], what: str, *, malformed: bool = False) -> None:
    """
    Require a refusal as a value, or, where the ask is ``malformed``, at least as ``InvalidData``.

    """
    try:
        outcome = ask()
    except InvalidData:
        if malformed:
            return
        raise
    if not isinstance(outcome, Declined):
        raise Unmet(f"{what} should be declined and came to {outcome}")
