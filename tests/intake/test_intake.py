"""
A message is kept and acknowledged at once, and finds its order whenever it comes.
"""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from ordercore import (
    CapturePayment,
    DismissNotice,
    InvalidData,
    MemoryStore,
    Notice,
    NoticeKind,
    Rejected,
    ReopenNotice,
    SQLiteStore,
)
from ordercore.grammar import ActorKind
from ordercore.ids import StreamId
from ordercore.instants import seconds_after
from ordercore.intake import PARKED_MAX_S, SignedWebhook, notice_id_of, sign_standard_webhook
from ordercore.orders import Anomaly, RecordOutcome, waiting_slots
from ordercore.ports import Store
from ordercore.testing import Fault, ProviderMessage
from tests.intake.shops import AUTHORIZATION, CAPTURE, ORDER, Shop, count

FIRST = "fakepay:msg_1"
SECRET = "whsec_" + "QUJD" * 8


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "shop.db")
    yield store
    store.close()


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store).stocked()


def anomalies(shop: Shop) -> list[tuple[str, str]]:
    return [(a.kind, a.subject) for a in shop.engine.order(ORDER).anomalies]


# --- early, late, twice, out of order ---------------------------------------------------------


def test_a_webhook_that_beats_the_reply_finds_its_order_and_is_recorded_once(shop: Shop) -> None:
    seen: list[tuple[str, ...]] = []

    def deliver(message: ProviderMessage) -> None:
        shop.receive(message)
        shop.engine.run_pending()
        seen.append(tuple(shop.events()))

    shop.webhooks.before_reply = deliver
    shop.place()

    assert count(seen[0], "PaymentAuthorized") == 1, "before the reply"
    assert count(shop.events(), "PaymentAuthorized") == 1, "after it"
    assert shop.engine.order(ORDER).status == "released"
    assert shop.status(FIRST) == "applied"
    assert shop.gateway.actions == {AUTHORIZATION: 1}
    shop.is_sound()


def test_a_webhook_without_our_key_that_beats_the_reply_is_woken_by_it(store: Store) -> None:
    shop = Shop(store, carries_keys=False).stocked()
    parked: list[str] = []

    def deliver(message: ProviderMessage) -> None:
        shop.receive(message)
        shop.engine.run_pending()  # the order is due too, and under way
        parked.append(shop.status(f"fakepay:{message.id}"))

    shop.webhooks.before_reply = deliver
    shop.place()

    assert parked == ["parked"]
    assert shop.status(FIRST) == "applied", "at once, without any waiting"
    assert count(shop.events(), "PaymentAuthorized") == 1
    shop.is_sound()


def test_a_webhook_tells_what_a_lost_reply_did_not(shop: Shop) -> None:
    shop.gateway.plan("authorize", Fault.UNAVAILABLE)
    shop.place()
    done = ProviderMessage(
        id="msg_9",
        topic="authorization.succeeded",
        occurred_at=shop.clock(),
        account="fakepay",
        kind="authorization",
        key=AUTHORIZATION,
        reference="au_9",
        outcome="succeeded",
        amount_minor=1000,
        currency="EUR",
    )

    shop.receive(done)
    shop.settle()
    shop.clock.advance(days=1)
    shop.settle()

    assert shop.engine.order(ORDER).status == "released"
    assert shop.gateway.actions == {}, "the call is not made again"
    assert shop.engine.find("fakepay:au_9") == ORDER


def test_a_message_sent_twice_is_answered_by_its_receipt_and_changes_nothing(shop: Shop) -> None:
    shop.place()
    (message,) = shop.webhooks.messages
    first = shop.receive(message)
    shop.settle()
    before = shop.store.last_position(shop.engine.tenant), len(shop.engine.history(ORDER))
    shop.clock.advance(hours=5)

    again = shop.receive(message)
    shop.settle()

    assert (first.repeated, again.repeated) == (False, True)
    assert again.events == first.events
    assert (shop.store.last_position(shop.engine.tenant), len(shop.engine.history(ORDER))) == before
    shop.is_sound()


def test_the_same_id_with_another_content_is_refused(shop: Shop) -> None:
    shop.place()
    (message,) = shop.webhooks.messages
    shop.receive(message)

    with pytest.raises(Rejected) as refused:
        shop.receive(attrs.evolve(message, amount_minor=1))

    assert (refused.value.code, refused.value.data["field"]) == ("key_reused", "notices")


def test_a_body_put_into_the_vault_once_more_is_the_same_message(shop: Shop) -> None:
    shop.place()
    source, (message,) = shop.webhooks.source, shop.webhooks.messages
    shop.engine.receive(source, *shop.webhooks.signed(message), vault_ref="vault:a")

    again = shop.engine.receive(source, *shop.webhooks.signed(message), vault_ref="vault:b")

    assert again.repeated
    assert shop.message(FIRST).vault_ref == "vault:a"


@pytest.mark.parametrize("sequence", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("carries_keys", [True, False])
def test_late_doubled_and_in_any_order_they_come_to_the_same(
    carries_keys: bool, sequence: tuple[int, ...]
) -> None:
    shop = Shop(carries_keys=carries_keys).stocked()
    shop.place()
    shop.engine.submit(CapturePayment(order_id=ORDER, amount_minor=400, reason="a"))
    shop.engine.submit(CapturePayment(order_id=ORDER, amount_minor=600, reason="b"))
    before = shop.events()

    for n in (*sequence, *sequence):
        shop.receive(shop.webhooks.messages[n])
        shop.settle()

    assert shop.events() == before, "the replies had told it all"
    assert {shop.status(f"fakepay:msg_{n}") for n in (1, 2, 3)} == {"applied"}
    shop.is_sound()


def test_a_contradiction_is_kept_by_the_order_as_it_keeps_every_other(shop: Shop) -> None:
    shop.place()
    (message,) = shop.webhooks.messages
    shop.receive(attrs.evolve(message, id="msg_7", outcome="declined"))
    shop.settle()

    assert anomalies(shop) == [("declined_after_authorization", AUTHORIZATION)]
    assert shop.engine.order(ORDER).status == "released"
    assert shop.status("fakepay:msg_7") == "applied"


# --- unknown: parked, woken, found again, given up ---------------------------------------------


def test_what_nobody_knows_is_parked_and_looked_for_again_until_a_person_must(shop: Shop) -> None:
    shop.place()
    (message,) = shop.webhooks.messages
    stray = attrs.evolve(message, id="msg_x", key="", reference="au_elsewhere")
    started = shop.clock()
    shop.receive(stray)

    looks = 0
    while shop.status("fakepay:msg_x") != "set_aside":
        looks += 1
        assert looks < 100
        shop.settle()
        not_before = shop.message("fakepay:msg_x").notices[0].not_before
        if not_before is not None:
            assert not_before <= seconds_after(started, PARKED_MAX_S)
            shop.clock.set(not_before)

    assert shop.clock() == seconds_after(started, PARKED_MAX_S)
    assert 15 < looks < 40
    assert shop.engine.verify().waiting == (
        "notice/fakepay:msg_x: notice/fakepay:msg_x/1 waits for a person: order_unknown",
    )
    assert shop.engine.run_pending() == 0


def test_a_message_about_an_order_that_is_placed_later_is_woken_by_it(shop: Shop) -> None:
    came = Notice(
        account="bank",
        event_id="e-1",
        occurred_at=shop.clock(),
        kind=NoticeKind.PAYMENT,
        references=("tx-1",),
        order_id="O-2",
        amount_minor=1000,
        currency="EUR",
        method="transfer",
    )
    bank = SignedWebhook(provider="bank", secrets=(SECRET,), reads=lambda _: [came])
    headers = sign_standard_webhook(SECRET, "m-1", b"{}", shop.clock())
    shop.engine.receive(bank, headers, b"{}")
    shop.settle()
    assert shop.status("bank:m-1") == "parked"

    shop.place("O-2", perform=False)

    assert shop.status("bank:m-1") == "applied"
    assert "PaymentRecorded" in shop.events("O-2")


def test_several_that_wait_for_one_reference_are_woken_by_it_together(store: Store) -> None:
    shop = Shop(store, carries_keys=False).stocked()
    stand: list[str] = []

    def deliver(message: ProviderMessage) -> None:
        for n in range(4):
            shop.receive(attrs.evolve(message, id=f"copy_{n}"))
        shop.engine.run_pending()
        slots = waiting_slots(f"fakepay:{message.reference}")
        stand.extend(str(store.find(shop.engine.tenant, slot)) for slot in slots[:5])

    shop.webhooks.before_reply = deliver
    shop.place()

    assert sorted(stand) == ["None", *(f"notice/fakepay:copy_{n}" for n in range(4))]
    assert {shop.status(f"fakepay:copy_{n}") for n in range(4)} == {"applied"}
    assert count(shop.events(), "PaymentAuthorized") == 1


def test_who_finds_every_slot_taken_looks_again_by_itself(store: Store) -> None:
    shop = Shop(store, carries_keys=False).stocked()

    def deliver(message: ProviderMessage) -> None:
        for n in range(10):
            shop.receive(attrs.evolve(message, id=f"copy_{n}"))
        shop.engine.run_pending()

    shop.webhooks.before_reply = deliver
    shop.place()
    statuses = [shop.status(f"fakepay:copy_{n}") for n in range(10)]
    assert (statuses.count("applied"), statuses.count("parked")) == (8, 2)

    shop.clock.advance(seconds=60)
    shop.settle()

    assert {shop.status(f"fakepay:copy_{n}") for n in range(10)} == {"applied"}


def test_a_person_lets_it_be_looked_for_anew_or_dismisses_it(shop: Shop) -> None:
    shop.place()
    (message,) = shop.webhooks.messages
    for n in (1, 2):
        shop.receive(attrs.evolve(message, id=f"odd_{n}", key=f"O-{n}9/payment-1", reference="-"))
    shop.settle()
    shop.clock.advance(days=4)
    shop.settle()
    assert [shop.status(f"fakepay:odd_{n}") for n in (1, 2)] == ["set_aside"] * 2

    shop.place("O-19")
    shop.engine.submit(ReopenNotice(notice_id="fakepay:odd_1"))
    shop.engine.submit(DismissNotice(notice_id="fakepay:odd_2", reason="a test of theirs"))
    shop.engine.submit(DismissNotice(notice_id="fakepay:odd_2", reason="again"))

    assert [shop.status(f"fakepay:odd_{n}") for n in (1, 2)] == ["applied", "dismissed"]
    shop.is_sound()
    with pytest.raises(Rejected, match="not_legal_now"):
        shop.engine.submit(ReopenNotice(notice_id="fakepay:odd_1"))
    with pytest.raises(Rejected, match="unknown_notice"):
        shop.engine.submit(ReopenNotice(notice_id="fakepay:odd_1", number=2))
    with pytest.raises(Rejected, match="unknown_notice"):
        shop.engine.submit(DismissNotice(notice_id="fakepay:odd_3"))


# --- genuine is not true ----------------------------------------------------------------------


LIES: dict[str, dict[str, Any]] = {
    "amount_differs": {"amount_minor": 1},
    "amount_not_stated": {"amount_minor": None},
    "currency_differs": {"currency": "USD"},
    "kind_differs": {"kind": "refund"},
    "request_unknown": {"key": f"{ORDER}/capture-7"},
}


@pytest.mark.parametrize("lie", LIES)
def test_what_does_not_agree_with_what_was_asked_is_never_applied(shop: Shop, lie: str) -> None:
    """The classic: a genuine payment of one cent is to mark a dear order as paid."""
    shop.place(token="vault:challenge")
    (asked,) = shop.webhooks.messages
    paid = attrs.evolve(asked, id="msg_2", outcome="succeeded", **LIES[lie])

    shop.receive(paid)
    shop.settle()

    assert shop.status("fakepay:msg_2") == "set_aside"
    assert anomalies(shop) == [(lie, paid.key)]
    assert shop.engine.order(ORDER).status == "placed"
    assert shop.engine.verify().waiting == (
        f"notice/fakepay:msg_2: notice/fakepay:msg_2/1 waits for a person: {lie}",
    )
    true = attrs.evolve(asked, id="msg_3", outcome="succeeded")
    shop.receive(true)
    shop.settle()
    assert shop.engine.order(ORDER).status == "released", "the truth is heard all the same"


def test_another_merchant_account_than_the_payments_is_refused(shop: Shop) -> None:
    shop.place()
    shop.engine.submit(CapturePayment(order_id=ORDER, amount_minor=400, reason="a"))
    message = attrs.evolve(shop.webhooks.messages[1], id="m", account="other")
    open_source = SignedWebhook(
        provider="open", secrets=(SECRET,), reads=shop.webhooks.source._reads
    )

    shop.receive(attrs.evolve(message, id="closed"))
    headers = sign_standard_webhook(SECRET, "m", message.body, shop.clock())
    shop.engine.receive(open_source, headers, message.body)
    shop.settle()

    assert shop.message("fakepay:closed").notices[0].reason == "account_unknown"
    assert shop.message("open:m").notices[0].reason == "account_differs"
    assert anomalies(shop) == [("account_differs", CAPTURE)]


def test_numbers_of_one_order_under_the_key_of_another_are_refused(shop: Shop) -> None:
    shop.place()
    shop.place("O-2")
    one, two = shop.webhooks.messages
    shop.receive(attrs.evolve(two, id="mixed", reference=one.reference))
    shop.settle()

    assert shop.message("fakepay:mixed").notices[0].reason == "order_differs"
    assert anomalies(shop) == [("order_differs", "O-2/payment-1")]


def test_what_an_order_refuses_waits_for_a_person(shop: Shop) -> None:
    shop.place()
    notice = Notice(
        account="bank",
        event_id="e-1",
        occurred_at=shop.clock(),
        kind=NoticeKind.PAYMENT,
        references=("tx-1",),
        order_id=ORDER,
        amount_minor=1000,
        currency="EUR",
        method="transfer",
    )
    said = iter([[notice], [attrs.evolve(notice, event_id="e-2", amount_minor=900)]])
    bank = SignedWebhook(provider="bank", secrets=(SECRET,), reads=lambda _: next(said))
    for n in (1, 2):
        headers = sign_standard_webhook(SECRET, f"m-{n}", b"{}", shop.clock())
        shop.engine.receive(bank, headers, b"{}")
        shop.settle()

    assert shop.status("bank:m-1") == "applied"
    assert shop.message("bank:m-2").notices[0].reason == "refused: payment_differs"
    assert count(shop.events(), "PaymentRecorded") == 1


# --- the acknowledgement -----------------------------------------------------------------------


def test_receiving_keeps_in_one_commit_and_asks_nobody(shop: Shop) -> None:
    shop.place()
    calls = list(shop.gateway.calls)
    commits: list[str] = []
    commit = shop.store.commit

    class Counting:
        def commit(self, each: Any) -> Any:
            commits.append(type(each.receipt.command).__name__)
            return commit(each)

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.store, name)

    shop.receive(shop.webhooks.messages[0], shop.over(cast("Store", Counting())))

    assert commits == ["ReceiveNotice"]
    assert shop.gateway.calls == calls
    assert shop.status(FIRST) == "received"
    (recorded, *_) = shop.store.load(shop.engine.tenant, StreamId(f"notice/{FIRST}"))
    assert (recorded.actor.kind, recorded.actor.id) == (ActorKind.PROVIDER, "fakepay")


def test_what_can_not_be_verified_or_read_leaves_nothing_behind(shop: Shop) -> None:
    shop.place()
    headers, body = shop.webhooks.signed(shop.webhooks.messages[0])
    streams = list(shop.store.streams(shop.engine.tenant))

    with pytest.raises(Rejected, match="wrong_signature"):
        shop.engine.receive(shop.webhooks.source, headers, body + b" ")
    strict = SignedWebhook(provider="s", secrets=(SECRET,), reads=lambda found: found["missing"])
    for bad in (b"[]", b"\xff", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 100_000, b"{}"):
        signed = sign_standard_webhook(SECRET, "m", bad, shop.clock())
        with pytest.raises(InvalidData) as unread:
            shop.engine.receive(strict, signed, bad)
        assert "missing" not in str(unread.value)

    assert list(shop.store.streams(shop.engine.tenant)) == streams


def test_what_is_of_no_interest_is_kept_and_changes_nothing(shop: Shop) -> None:
    shop.place()
    quiet = SignedWebhook(provider="q", secrets=(SECRET,), reads=lambda _: ())
    other = Notice(
        account="q", event_id="e", occurred_at=shop.clock(), kind=NoticeKind.OTHER, topic="ping"
    )
    talking = SignedWebhook(provider="t", secrets=(SECRET,), reads=lambda _: (other,))
    headers = sign_standard_webhook(SECRET, "m", b"{}", shop.clock())

    shop.engine.receive(quiet, headers, b"{}")
    shop.engine.receive(talking, headers, b"{}")

    assert shop.message("q:m").notices == ()
    assert shop.status("t:m") == "noted"
    assert shop.engine.run_pending() == 0
    shop.is_sound()


def test_one_message_may_say_several_things_each_of_its_own_order(shop: Shop) -> None:
    for order_id in (ORDER, "O-2"):
        shop.place(order_id, token="vault:challenge")
    asked = [attrs.evolve(m, outcome="succeeded") for m in shop.webhooks.messages]
    reads = shop.webhooks.source._reads
    stray = attrs.evolve(asked[0], key="O-3/payment-1", reference="au_3")
    both = SignedWebhook(
        provider="batch",
        secrets=(SECRET,),
        reads=lambda _: [
            notice
            for each in (*asked, stray)
            for notice in reads({**attrs.asdict(each), "occurred_at": "2026-03-02T09:00:00Z"})
        ],
    )
    shop.engine.receive(both, sign_standard_webhook(SECRET, "m", b"{}", shop.clock()), b"{}")
    shop.settle()

    assert [told.status for told in shop.message("batch:m").notices] == [
        "applied",
        "applied",
        "parked",
    ]
    assert {shop.engine.order(o).status for o in (ORDER, "O-2")} == {"released"}


def test_the_orders_timeline_tells_what_came_by_webhook(shop: Shop) -> None:
    shop.place(token="vault:challenge")
    (asked,) = shop.webhooks.messages
    shop.receive(attrs.evolve(asked, id="msg_2", outcome="succeeded"))
    shop.settle()

    told = [entry for entry in shop.engine.timeline(ORDER) if entry.why]

    assert [(entry.text, entry.why) for entry in told if "by card" in entry.text] == [
        ("authorized 10.00 EUR by card", ("told by fakepay in message msg_2",))
    ]


def test_an_anomaly_is_kept_once() -> None:
    shop = Shop().stocked()
    shop.place()
    (message,) = shop.webhooks.messages
    for n in range(3):
        shop.receive(attrs.evolve(message, id=f"lie_{n}", amount_minor=5))
    shop.settle()

    assert shop.engine.order(ORDER).anomalies == (
        Anomaly(kind="amount_differs", subject=AUTHORIZATION, occurred_at=message.occurred_at),
    )


def test_a_message_id_that_no_id_may_look_like_becomes_a_digest() -> None:
    odd = notice_id_of("acme", "evt 1/ü\ud800")

    assert odd.startswith("acme:sha256-")
    assert odd != notice_id_of("acme", "evt 1/ü\udc00")
    assert notice_id_of("acme", odd.partition(":")[2]) != odd, "nobody can name it outright"
    for provider, message_id in (("", "m"), ("a:b", "m"), ("acme", "")):
        with pytest.raises(InvalidData):
            notice_id_of(provider, message_id)


def test_a_host_records_by_hand_what_a_webhook_told_and_both_are_one() -> None:
    shop = Shop().stocked()
    shop.place(token="vault:challenge")
    outcome = shop.gateway.confirm(AUTHORIZATION)
    (asked,) = shop.webhooks.messages
    shop.receive(attrs.evolve(asked, id="msg_2", outcome="succeeded"))

    shop.engine.submit(RecordOutcome(order_id=ORDER, effect_key=AUTHORIZATION, outcome=outcome))
    shop.settle()

    assert count(shop.events(), "PaymentAuthorized") == 1
    assert shop.status("fakepay:msg_2") == "applied"
