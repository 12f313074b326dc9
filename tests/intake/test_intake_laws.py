"""
Laws of intake: whatever is delivered, in whichever order, how often, and when.
"""

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore import CapturePayment
from ordercore.intake import NOTICES
from ordercore.testing import ProviderMessage
from tests.intake.shops import ORDER, Shop, count

LIES: tuple[dict[str, Any], ...] = (
    {"amount_minor": 1},
    {"amount_minor": 10**6},
    {"amount_minor": None},
    {"currency": "USD"},
    {"account": "other"},
    {"kind": "refund"},
    {"key": f"{ORDER}/refund-9"},
    {"key": "O-404/payment-1"},
)


def captured(shop: Shop) -> tuple[object, ...]:
    """What of the order its money comes to."""
    money = shop.engine.order(ORDER).payments
    return (money.authorized_minor, money.captured_minor, money.refunded_minor)


@settings(max_examples=40)
@given(
    st.permutations(range(3)),
    st.lists(st.integers(0, 2), max_size=4),
    st.sets(st.integers(0, 2)),
    st.booleans(),
)
def test_every_delivery_in_every_order_records_each_outcome_once(
    sequence: list[int], again: list[int], early: set[int], carries_keys: bool
) -> None:
    shop = Shop(carries_keys=carries_keys).stocked()

    def deliver(message: ProviderMessage) -> None:
        if len(shop.webhooks.messages) - 1 in early:
            shop.receive(message)
            shop.engine.run_pending()

    shop.webhooks.before_reply = deliver
    shop.place()
    for part in (400, 600):
        shop.engine.submit(CapturePayment(order_id=ORDER, amount_minor=part, reason=str(part)))
    for n in (*sequence, *again):
        shop.receive(shop.webhooks.messages[n])
        shop.engine.run_pending()
    shop.settle()

    assert captured(shop) == (1000, 1000, 0)
    assert count(shop.events(), "PaymentAuthorized") == 1
    assert count(shop.events(), "PaymentCaptured") == 2
    assert {shop.status(f"fakepay:msg_{n}") for n in (1, 2, 3)} == {"applied"}
    shop.is_sound()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(LIES)), min_size=1, max_size=4))
def test_no_lie_ever_moves_money_and_each_waits_for_a_person(
    lies: list[tuple[int, dict[str, Any]]],
) -> None:
    shop = Shop().stocked()
    shop.place()
    shop.engine.submit(CapturePayment(order_id=ORDER, amount_minor=400, reason="part"))
    before, ledger = captured(shop), dict(shop.store.accounts(shop.engine.tenant))

    for n, (which, lie) in enumerate(lies):
        shop.receive(attrs.evolve(shop.webhooks.messages[which], id=f"lie_{n}", **lie))
    shop.settle()
    shop.clock.advance(days=4)
    shop.settle()

    assert captured(shop) == before
    assert dict(shop.store.accounts(shop.engine.tenant)) == ledger
    waiting = [shop.status(f"fakepay:lie_{n}") for n in range(len(lies))]
    assert waiting == ["set_aside"] * len(lies)
    assert len(shop.engine.verify().waiting) == len(lies)


@given(st.lists(st.sampled_from(["run", "wait", "again"]), max_size=12))
def test_a_message_comes_to_rest_whatever_is_done_around_it(acts: list[str]) -> None:
    shop = Shop().stocked()
    shop.place(token="vault:challenge")
    (asked,) = shop.webhooks.messages
    paid = attrs.evolve(asked, id="paid", outcome="succeeded")
    shop.receive(paid)
    for act in acts:
        if act == "run":
            shop.engine.run_pending()
        elif act == "wait":
            shop.clock.advance(minutes=7)
        else:
            shop.receive(paid)
    shop.settle()

    history = [type(r.event).__name__ for r in shop.engine.history("fakepay:paid", of=NOTICES)]
    assert history == ["NoticeReceived", "NoticeMatched", "NoticeApplied"]
    assert captured(shop) == (1000, 0, 0)
