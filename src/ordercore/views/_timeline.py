"""
An order's history in words.

One sentence an event, in the past tense, with names, quantities and amounts; what belongs to the
inner working (folded statuses, leases) is left out. Every event type has a sentence or is left out
on purpose: a test holds the table complete.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from ordercore import fulfillment as f
from ordercore import orders as o
from ordercore import payments as p
from ordercore import returns as r
from ordercore.grammar import Actor, Event, Recorded
from ordercore.ids import LineId
from ordercore.instants import Instant
from ordercore.money import Money
from ordercore.views._kits import in_kits

__all__ = ["TimelineEntry", "timeline"]


@attrs.frozen(kw_only=True)
class TimelineEntry:
    """
    One line of an order's history.

    Attributes:
        at: When it happened, as far as the event says; else when it was recorded.
        version: Its place in the order's stream.
        actor: Who acted.
        text: What happened, in one sentence.
        why: Reasons, one sentence each.
    """

    at: Instant
    version: int
    actor: Actor
    text: str
    why: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.text}"


class _Words:
    """
    What sentences need to know: the currency, what lines and kits are called, how it is paid.

    """

    __slots__ = ("_currency", "_kits", "_methods", "_names")

    def __init__(self) -> None:
        self._currency = "XXX"
        self._kits: tuple[o.PlacedKit, ...] = ()
        self._names: dict[str, str] = {}
        self._methods: dict[str, str] = {}

    def learn(self, event: Event) -> None:
        if isinstance(event, o.OrderPlaced):
            self._currency = event.currency
            self._kits = event.kits
            self._names = {line.line_id: line.name for line in event.lines}
            self._names.update((kit.line_id, kit.name) for kit in event.kits)
        elif isinstance(event, p.AuthorizationRequested | p.PaymentRecorded):
            self._methods[event.payment_id] = event.method

    def method(self, payment_id: str) -> str:
        return self._methods.get(payment_id, payment_id)

    def money(self, amount_minor: int) -> str:
        return str(Money(amount_minor, self._currency))

    def units(self, lines: Iterable[Any]) -> str:
        return self.counts((line.line_id, line.quantity) for line in lines)

    def counts(self, lines: Iterable[tuple[LineId, int]]) -> str:
        counted = in_kits(self._kits, lines) if self._kits else lines
        return ", ".join(f"{n} x {self._names.get(line, line)}" for line, n in counted)

    def charged(self, lines: Iterable[o.ChargedUnits]) -> str:
        return self.counts((line.line_id, line.stop - line.start) for line in lines)


def timeline(history: Iterable[Recorded]) -> tuple[TimelineEntry, ...]:
    """
    Tell a stream's events in words, in the order in which they were recorded.

    """
    words = _Words()
    entries: list[TimelineEntry] = []
    for recorded in history:
        event = recorded.event
        words.learn(event)
        sentence = _SENTENCES[type(event)]
        if sentence is None:
            continue
        entries.append(
            TimelineEntry(
                at=getattr(event, "occurred_at", recorded.recorded_at),
                version=recorded.version,
                actor=recorded.actor,
                text=sentence(words, event),
                why=_reasons(recorded),
            )
        )
    return tuple(entries)


def _reasons(recorded: Recorded) -> tuple[str, ...]:
    event = recorded.event
    if isinstance(event, o.OrderPlaced | o.UnitsSourcedAgain):
        return event.plan.reasons
    # What a received message owes to an order is submitted under a key of the message.
    stream, _, rest = recorded.command_id.partition("/")
    if stream == "notice" and rest:
        provider, _, message_id = rest.partition("/")[0].partition(":")
        return (f"told by {provider} in message {message_id}",)
    return ()


def _placed(words: _Words, event: o.OrderPlaced) -> str:
    total = words.money(event.totals.total_minor)
    places = " and ".join(event.plan.places)
    return f"placed: {words.units(event.lines)} for {total}, to be sent from {places}"


def _charged(words: _Words, event: o.PackageCharged) -> str:
    return f"{event.package_id} came to {words.money(event.amount_minor)}"


def _canceled(words: _Words, event: o.UnitsCanceled) -> str:
    amount = words.money(sum(line.amount_minor for line in event.lines))
    return f"canceled {words.charged(event.lines)} ({amount}): {event.reason}"


def _inspected(words: _Words, event: r.ReturnInspected) -> str:
    kept = sum(line.restocked for line in event.lines)
    damaged = sum(line.damaged for line in event.lines)
    return f"inspected {words.units(event.lines)}: {kept} back in stock, {damaged} damaged"


_Sentence = Callable[[_Words, Any], str]

_SENTENCES: Final[dict[type, _Sentence | None]] = {
    o.OrderPlaced: _placed,
    o.OrderReleased: lambda _w, _e: "released to its places",
    o.PackageCharged: _charged,
    o.UnitsCanceled: _canceled,
    o.UnitsSourcedAgain: lambda w, e: (
        f"found {w.units(e.allocations)} at {' and '.join(e.plan.places)} instead"
    ),
    o.SourcingFailed: lambda w, e: f"no place has {w.counts(e.lines)}: somebody must decide",
    o.RefundGranted: lambda w, e: f"granted {w.money(e.amount_minor)} back: {e.reason}",
    o.OrderEnded: lambda _w, e: e.status,
    o.AttemptFailed: lambda _w, e: (
        f"try {e.attempt} of {e.effect_key} got no answer ({e.reason}), "
        f"again from {e.not_before:%H:%M:%S}"
    ),
    o.OperatorNeeded: lambda _w, e: f"{e.effect_key} waits for a person: {e.reason}",
    o.EffectRetried: lambda _w, e: f"{e.effect_key} to be tried again",
    o.AnomalyRecorded: lambda _w, e: f"told, though it does not fit: {e.kind} {e.subject}",
    p.AuthorizationRequested: lambda w, e: f"asked {e.method} for {w.money(e.amount_minor)}",
    p.PaymentAuthorized: lambda w, e: (
        f"authorized {w.money(e.amount_minor)} by {w.method(e.payment_id)}"
    ),
    p.PaymentActionRequired: lambda _w, e: f"customer must act: {e.action}",
    p.AuthorizationDeclined: lambda w, e: f"{w.method(e.payment_id)} declined: {e.code}",
    p.PaymentRecorded: lambda w, e: f"received {w.money(e.amount_minor)} by {e.method}",
    p.CaptureRequested: lambda w, e: f"to capture {w.money(e.amount_minor)} for {e.purpose}",
    p.PaymentCaptured: lambda w, e: (
        f"captured {w.money(e.amount_minor)} from {w.method(e.payment_id)}"
    ),
    p.CaptureDeclined: lambda _w, e: f"capture declined: {e.code}",
    p.VoidRequested: None,  # the answer tells it
    p.AuthorizationVoided: lambda w, e: (
        f"gave {w.money(e.amount_minor)} of the authorization back to {w.method(e.payment_id)}"
    ),
    p.VoidDeclined: lambda _w, e: f"authorization not given back, it ends by itself: {e.code}",
    p.RefundRequested: None,  # the grant and the answer tell it
    p.PaymentRefunded: lambda w, e: (
        f"refunded {w.money(e.amount_minor)} to {w.method(e.payment_id)}"
    ),
    p.RefundDeclined: lambda _w, e: f"refund declined: {e.code}",
    f.FulfillmentOrderOpened: lambda w, e: (
        f"{e.place} is to send {w.units(e.lines)}" + (f" on {e.work.day}" if e.work else "")
    ),
    f.WorkReduced: None,
    f.UnitsPicked: lambda w, e: f"picked {w.units(e.lines)}",
    f.UnitsMissing: lambda w, e: f"{w.units(e.lines)} not found on the shelf",
    f.FulfillmentUnitsCanceled: None,  # the cancellation tells it
    f.FulfillmentOrderEnded: None,  # so do the parcels
    f.PackagePacked: lambda w, e: f"packed {e.package_id} at {e.place}: {w.units(e.lines)}",
    f.PackageUnpacked: lambda _w, e: f"unpacked {e.package_id}",
    f.LabelPurchased: lambda _w, e: f"label for {e.package_id}: {e.carrier} {e.tracking}",
    f.LabelDeclined: lambda _w, e: f"no label for {e.package_id}: {e.code}",
    f.PackageShipped: lambda _w, e: f"shipped {e.package_id}",
    f.PackageDelivered: lambda _w, e: f"delivered {e.package_id}",
    r.ReturnAuthorized: lambda w, e: f"return permitted: {w.units(e.lines)} ({e.reason})",
    r.ReturnReceived: lambda w, e: f"returned to {e.place}: {w.units(e.lines)}",
    r.ReturnInspected: _inspected,
    r.ReturnCanceled: lambda _w, _e: "return canceled",
}
