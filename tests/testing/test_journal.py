"""A provider that keeps a journal outlives the process that talks to it."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ordercore.errors import InvalidData, OutcomeUnknown
from ordercore.fulfillment import AskLabel
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded
from ordercore.ids import PackageId, PaymentId, PlaceId
from ordercore.parties import Destination
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.testing import FakeCarrier, FakePaymentGateway, Fault, VirtualClock

CLOCK = VirtualClock(datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC))
PAY = PaymentId("O-1/payment-1")


def _provider(path: Path) -> FakePaymentGateway:
    return FakePaymentGateway(CLOCK, journal=path)


def _authorization(card: str = "tok", key: str = PAY) -> AskAuthorization:
    return AskAuthorization(
        key=key,
        payment_id=PaymentId(key),
        method="card",
        token_ref=card,
        amount_minor=100,
        currency="EUR",
    )


def _capture(on: str, minor: int, key: str = "c1") -> AskCapture:
    return AskCapture(key=key, payment_id=PAY, authorization=on, amount_minor=minor, currency="EUR")


def _reference(outcome: Outcome | None) -> str:
    assert isinstance(outcome, Succeeded)
    return outcome.reference


def test_a_successor_is_the_same_provider(tmp_path: Path) -> None:
    path = tmp_path / "pay.jsonl"
    first = _provider(path)
    on = _reference(first.authorize(_authorization()))
    captured = first.capture(_capture(on, 60))
    voided = first.void(
        AskVoid(key="v1", payment_id=PAY, authorization=on, amount_minor=40, currency="EUR")
    )
    refund = AskRefund(key="r1", payment_id=PAY, authorization=on, amount_minor=10, currency="EUR")
    refunded = first.refund(refund)
    declined = first.authorize(_authorization("tok-declined", "O-2/payment-1"))

    second = _provider(path)

    assert second.captured_minor(PAY) == 60
    assert second.refunded_minor(PAY) == 10
    assert second.held_minor(PAY) == 0
    assert second.balance_minor() == 50
    assert second.actions == first.actions == {PAY: 1, "c1": 1, "v1": 1, "r1": 1}
    assert second.capture(_capture(on, 60)) == captured == second.lookup("c1")
    assert second.lookup("v1") == voided
    assert second.refund(refund) == refunded
    assert second.lookup("O-2/payment-1") == declined
    assert isinstance(declined, Declined)
    assert second.actions["c1"] == 1


def test_a_challenge_met_in_one_process_is_met_in_the_other(tmp_path: Path) -> None:
    path = tmp_path / "pay.jsonl"
    asker, watcher = _provider(path), _provider(path)
    assert isinstance(asker.authorize(_authorization("tok-challenge")), ActionRequired)

    confirmed = watcher.confirm(PAY)

    assert asker.lookup(PAY) == confirmed
    assert asker.authorized_minor(PAY) == 100


def test_what_one_process_did_is_seen_by_the_other_at_its_next_call(tmp_path: Path) -> None:
    path = tmp_path / "pay.jsonl"
    first, second = _provider(path), _provider(path)
    on = _reference(first.authorize(_authorization()))

    taken = [
        _reference(first.capture(_capture(on, 60, "c1"))),
        _reference(second.capture(_capture(on, 40, "c2"))),
    ]

    assert len(set(taken)) == 2
    assert isinstance(first.capture(_capture(on, 1, "c3")), Declined)


def test_what_was_late_is_late_for_the_successor(tmp_path: Path) -> None:
    path = tmp_path / "pay.jsonl"
    clock = VirtualClock(CLOCK())
    first = FakePaymentGateway(clock, journal=path)
    first.plan("authorize", Fault.LATE)
    with pytest.raises(OutcomeUnknown):
        first.authorize(_authorization())

    second = FakePaymentGateway(clock, journal=path)

    assert second.lookup(PAY) is None
    clock.advance(seconds=second.capabilities.settling_s)
    assert _reference(second.lookup(PAY))


def test_a_line_torn_by_a_kill_never_happened(tmp_path: Path) -> None:
    path = tmp_path / "pay.jsonl"
    first = _provider(path)
    on = _reference(first.authorize(_authorization()))
    before = path.stat().st_size
    first.capture(_capture(on, 60))
    with path.open("r+b") as file:
        file.truncate(before + 25)

    second = _provider(path)

    assert second.captured_minor(PAY) == 0
    assert second.lookup("c1") is None
    _reference(second.capture(_capture(on, 60)))
    assert _provider(path).captured_minor(PAY) == 60


@pytest.mark.parametrize(
    "line", ["hello", "[]", "{}", '{"operation":"capture"}', '{"operation":"dance","ask":{}}']
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pay.jsonl"
    path.write_text(f"{line}\n", encoding="utf-8")

    with pytest.raises(InvalidData, match="entry 1 is none of payments"):
        _provider(path)


def test_a_carriers_labels_outlive_the_process_too(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    ask = AskLabel(
        key="O-1/package-1/label",
        package_id=PackageId("O-1/package-1"),
        place=PlaceId("WH-1"),
        weight_g=500,
        destination=Destination(country="DE", address_ref="vault-1"),
    )
    label = FakeCarrier(lambda _: (), journal=path).buy_label(ask)

    successor = FakeCarrier(lambda _: (), journal=path)

    assert successor.lookup(ask.key) == label == successor.buy_label(ask)
    assert successor.actions == {ask.key: 1}


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from ordercore.ids import PaymentId
from ordercore.payments import AskAuthorization
from ordercore.testing import FakePaymentGateway, VirtualClock

gateway = FakePaymentGateway(
    VirtualClock(datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)), journal=Path(sys.argv[1])
)
gateway.authorize(
    AskAuthorization(
        key="O-1/payment-1",
        payment_id=PaymentId("O-1/payment-1"),
        method="card",
        token_ref="tok",
        amount_minor=100,
        currency="EUR",
    )
)
os._exit(9)
"""


@pytest.mark.slow
def test_a_process_that_died_before_it_told_anybody_has_acted_once(tmp_path: Path) -> None:
    path = tmp_path / "pay.jsonl"
    died = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)

    successor = _provider(path)

    assert died.returncode == 9
    assert successor.lookup(PAY) == successor.authorize(_authorization())
    assert successor.authorized_minor(PAY) == 100
    assert successor.actions == {PAY: 1}
