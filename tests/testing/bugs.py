"""
Bugs to be planted: one-line changes of what is right, kept as data.

Each stands for failures that other systems have had (the numbers are those of a catalog of such
failures that the project was designed against). A bug is planted by compiling the function anew
with one text replaced and exchanging its code in place, so that whoever has imported the function
runs the broken one, and what is right comes back when the test is over.
"""

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType
from typing import Any

import attrs

__all__ = ["PLANTED", "Bug", "planted"]


@attrs.frozen
class Bug:
    """One line that is wrong."""

    name: str
    where: str
    right: str
    wrong: str

    def __str__(self) -> str:
        return self.name


def _function(where: str) -> FunctionType:
    module_name, _, path = where.partition(":")
    found: Any = import_module(f"ordercore.{module_name}")
    for name in path.split("."):
        found = inspect.getattr_static(found, name)
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    if isinstance(found, property):
        found = found.fget
    found = inspect.unwrap(getattr(found, "_work_out", found))
    assert isinstance(found, FunctionType), where
    return found


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Have the bug in the code for a while."""
    function = _function(bug.where)
    text = textwrap.dedent(inspect.getsource(function))
    assert text.count(bug.right) == 1, f"{bug}: {bug.right!r} must stand in {bug.where} once"
    text = text.replace(bug.right, bug.wrong)
    lines = text.splitlines()
    while not lines[0].startswith(("def ", "async def ")):  # decorators
        lines.pop(0)
    scope: dict[str, Any] = {}
    exec("\n".join(lines), function.__globals__, scope)  # noqa: S102 - our own source
    as_it_is, broken = function.__code__, scope[function.__name__].__code__
    function.__code__ = broken
    try:
        yield
    finally:
        function.__code__ = as_it_is


PLANTED: tuple[Bug, ...] = (
    # --- money: over- and double captures, refunds, authorizations (failures 61 to 76)
    Bug(
        "what was captured is captured again",
        "orders._conclusions:_collect",
        "uncollected = order.charged_minor - taken",
        "uncollected = order.charged_minor",
    ),
    Bug(
        "a refund is asked again with every command",
        "orders._conclusions:_pay_back",
        "grant.amount_minor - asked.get(grant.grant_id, 0), refundable",
        "grant.amount_minor, grant.amount_minor",
    ),
    Bug(
        "who still owes is paid back all the same",
        "orders._balance:_paid_back_minor",
        "taken_minor - asked - stays",
        "taken_minor - asked",
    ),
    Bug(
        "the authorization goes back while money is still to be taken",
        "orders._conclusions:_give_back_authorizations",
        "order.units_to_ship == 0 and not balance(order).unpaid_minor",
        "order.units_to_ship == 0",
    ),
    Bug(
        "unused authorizations are never given back",
        "orders._conclusions:_give_back_authorizations",
        "order.units_to_ship == 0 and",
        "False and",
    ),
    Bug(
        "work begins before the payment is promised",
        "orders._conclusions:_release",
        "and not covered",
        "and False",
    ),
    Bug(
        "an order is over before its parcels arrive",
        "orders._conclusions:_end",
        'p.status in {"delivered", "unpacked"}',
        "p.status",
    ),
    Bug(
        "a second tender is asked for all again",
        "orders._balance:uncovered_minor",
        "- money.undecided_minor",
        "",
    ),
    Bug(
        "a success after a decline counts",
        "payments._decide:_authorization_outcome",
        'return "authorized_after_decline" if refused else ()',
        "asked = True",
    ),
    Bug(
        "a capture that is told twice counts twice",
        "payments._decide:_request_outcome",
        "if not REQUEST_LIFECYCLE().allows(request.status, word):",
        "if False:",
    ),
    Bug(
        "the second capture replaces the first",
        "payments._state:_captured",
        "taken = payment.captured_minor + event.amount_minor",
        "taken = event.amount_minor",
    ),
    Bug(
        "what is being captured can be captured again",
        "payments._payments:Payments.capturable_minor",
        "- taken - asked - voiding",
        "- taken - voiding",
    ),
    Bug(
        "what was refunded can be refunded again",
        "payments._payments:Payments.asked_back_minor",
        'r.status != "declined" or r.waits_for_person',
        'r.status == "requested"',
    ),
    Bug(
        "a declined capture is asked again by itself",
        "payments._payments:Payments.usable_minor",
        "return 0 if refused else",
        "return 0 if False else",
    ),
    Bug(
        "a challenge counts as a promise of money",
        "payments._payments:Payments.undecided_minor",
        'p.status in {"requested", "action_required"}',
        'p.status in {"action_required"}',
    ),
    # --- units: shipped, canceled, returned (failures 89 to 96)
    Bug(
        "units in a box can be canceled",
        "orders._aftercare:cancelable",
        "return line.units.uncaptured - boxed",
        "return line.units.uncaptured",
    ),
    Bug(
        "a cancellation keeps the stock promised",
        "orders._aftercare:_give_back",
        'return draft.movements.release_part(units.hold, held, quantity, "canceled")',
        "return units.hold",
    ),
    Bug(
        "what came back can come back again",
        "returns._returns:Returns.units",
        'if r.status != "canceled"',
        'if r.status == "authorized"',
    ),
    Bug(
        "damaged units are sold again",
        "orders._aftercare:decide_inspect_return",
        "draft.movements.restock(units.sku, place, units.restocked, lots=good)",
        "draft.movements.restock(units.sku, place, units.quantity, lots=good)",
    ),
    Bug(
        "returned units are refunded without a look at what was refunded",
        "totals._units:LineUnits.refund",
        "start, stop = self.refunded, self.refunded + n",
        "start, stop = 0, self.refunded + n",
    ),
    Bug(
        "shipping goes back with every return",
        "orders._aftercare:decide_inspect_return",
        "shipping is not None and shipping.refundable",
        "shipping is not None",
    ),
    Bug(
        "a parcel leaves without the label that is asked for",
        "fulfillment._decide:ship",
        'package.status == "packed" and package.label_wanted and not tracking',
        "False",
    ),
    Bug(
        "shipping is charged with every parcel",
        "orders._work:_charge",
        "order.shipping_units is not None and order.shipping_units.uncaptured",
        "order.shipping_units is not None",
    ),
    Bug(
        "a place may pack what it has not picked",
        "fulfillment._decide:pack",
        "lambda line: line.picked",
        "lambda line: line.quantity",
    ),
    # --- stock: oversold, left behind (failures 1 to 30)
    Bug(
        "a cart's own hold is forgotten when it is replaced",
        "orders._carts:decide_reservation",
        'movements.release(hold.id, "replaced")',
        "pass",
    ),
    Bug(
        "a released cart keeps its units",
        "orders._carts:decide_release",
        'movements.release(hold.id, "released")',
        "pass",
    ),
    Bug(
        "the ledger lets more go than there is",
        "ledger._rules:_guard",
        "if amount > free:",
        "if False:",
    ),
    Bug(
        "missing units are looked for where they were missing",
        "orders._state:_missing",
        "*((line, place) for line in lost)",
        "",
    ),
    # --- engine and store: lost updates, forgotten keys, stuck work (failures 86, 100)
    Bug(
        "a lease outlives what it was for",
        "engine._settling:settled",
        "return (*known, *_ended(env, command, before, {effect.key for effect in after}))",
        "return known",
    ),
    Bug(
        "two commands write the same version",
        "stores._judging:verdict",
        "version != receipt.from_version",
        "version > receipt.from_version + 1",
    ),
    Bug(
        "a known key is carried out again",
        "stores._memory:MemoryStore.recall",
        "return self._of(tenant).receipts.get(command_id)",
        "return None",
    ),
    Bug(
        "what is put off never comes back",
        "engine._submit:_next_due",
        "effect.not_before or at for effect in owed",
        "at for effect in owed if not effect.not_before",
    ),
    Bug(
        "whose answer was lost is called again on a guess",
        "engine._perform:_outcome_of",
        "if lease.state is LeaseState.INHERITED:",
        "if False:",
    ),
    Bug(
        "another tenant's receipts are one's own",
        "stores._memory:MemoryStore.recall",
        "self._of(tenant).receipts.get(command_id)",
        'self._of(type(tenant)("tenant-1")).receipts.get(command_id)',
    ),
    Bug(
        "a try is forgotten where nobody answered",
        "grammar._attempts:record_attempt",
        "attempt = known.count + 1 if known else 1",
        "attempt = 1",
    ),
)
