"""
What a notice may be, how it is compared, and what becomes of one that is told in vain.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from ordercore import (
    InvalidData,
    InvalidDefinition,
    MemoryStore,
    Notice,
    NoticeKind,
    PackUnits,
    PickUnits,
    PortUnavailable,
    Rejected,
    SignedWebhook,
    SQLiteStore,
)
from ordercore.grammar import (
    Actor,
    ActorKind,
    AttemptFailed,
    Command,
    Context,
    Declined,
    Facts,
    Succeeded,
)
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.intake import (
    NOTICES,
    Message,
    ReceiveNotice,
    RecordNoticeAttempt,
    RecordNoticeOutcome,
    SeekOrders,
    sign_standard_webhook,
)
from ordercore.orders import Rules, waiting_slots
from ordercore.ports import Store
from ordercore.testing import ProviderMessage
from tests.intake.shops import AUTHORIZATION, ORDER, Shop

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "whsec_" + "QUJD" * 8
CONTEXT = Context(
    at=AT, actor=Actor(ActorKind.SYSTEM, "t"), command_id=CommandId("c"), rules=Rules()
)


def notice(**changes: Any) -> Notice:
    plain: dict[str, Any] = {
        "account": "acme",
        "event_id": "e-1",
        "occurred_at": AT,
        "kind": NoticeKind.CAPTURE,
        "references": ("ch_1",),
        "effect_key": "O-1/capture-1",
        "outcome": Succeeded(reference="ch_1"),
        "amount_minor": 500,
        "currency": "EUR",
    }
    return Notice(**{**plain, **changes})


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"account": ""}, "account"),
        ({"account": "a|b"}, "account"),
        ({"event_id": "4111 1111 1111 1111"}, "event_id"),
        ({"occurred_at": datetime(2026, 3, 2)}, "occurred_at"),  # noqa: DTZ001 - the fault
        ({"topic": "x" * 501}, "topic"),
        ({"references": [""]}, "references[0]"),
        ({"references": "abcdefghi"}, "references"),
        ({"order_id": "O 1"}, "order_id"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"currency": "EURO"}, "currency"),
        ({"outcome": None}, "outcome"),
        ({"kind": NoticeKind.OTHER}, "outcome"),
        ({"outcome": Succeeded(reference="r", account="other")}, "outcome.account"),
        ({"outcome": Succeeded(reference="r", amount_minor=7)}, "outcome.amount_minor"),
        ({"outcome": Declined(code="no", reason="card 4111111111111111")}, "outcome.reason"),
        ({"kind": NoticeKind.PAYMENT, "outcome": None}, "method"),
        ({"kind": NoticeKind.PAYMENT, "outcome": None, "currency": ""}, "currency"),
        ({"kind": NoticeKind.PAYMENT, "outcome": None, "amount_minor": 0}, "amount_minor"),
        ({"kind": NoticeKind.PAYMENT, "outcome": None, "references": ()}, "references"),
    ],
)
def test_a_malformed_notice_is_refused_by_the_path_of_its_fault(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidData) as refused:
        notice(**changes)

    assert any(fault.startswith(f"{path}: ") for fault in refused.value.faults)
    assert "4111" not in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"provider": "a/b"},
        {"message_id": ""},
        {"accounts": ["a b"]},
        {"notices": [notice()] * 101},
        {"vault_ref": "x" * 501},
    ],
)
def test_a_malformed_message_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidData):
        ReceiveNotice(**{"provider": "acme", "message_id": "m", "notices": (), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"provider": "a:b"},
        {"secrets": []},
        {"secrets": ["whsec_short"]},
        {"accounts": ["a b"]},
        {"tolerance_s": -1},
    ],
)
def test_a_source_that_can_not_work_is_refused_when_it_is_made(changes: dict[str, Any]) -> None:
    def nothing(_: object) -> tuple[Notice, ...]:
        return ()

    with pytest.raises(InvalidDefinition) as refused:
        SignedWebhook(**{"provider": "p", "secrets": [SECRET], "reads": nothing, **changes})

    assert "short" not in str(refused.value)
    assert SECRET not in repr(SignedWebhook(provider="p", secrets=[SECRET], reads=nothing))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order_id": "O-7", "references": ()}, "order_differs"),
        ({"effect_key": "", "order_id": ORDER, "references": ()}, "request_unknown"),
        ({"effect_key": f"{ORDER}/package-1/label", "references": ()}, "request_unknown"),
    ],
)
def test_what_names_no_request_of_one_order_waits_for_a_person(
    changes: dict[str, Any], reason: str
) -> None:
    shop = Shop().stocked()
    shop.place()
    command = ReceiveNotice(provider="p", message_id="m", notices=[notice(**changes)])

    shop.engine.submit(command)

    assert shop.message("p:m").notices[0].reason == reason


def test_a_label_told_by_the_carrier_is_compared_by_its_kind_and_recorded() -> None:
    shop = Shop().stocked()
    shop.place()
    work: dict[str, Any] = {"order_id": ORDER, "fulfillment_order_id": f"{ORDER}/fo-1"}
    shop.engine.submit(PickUnits(**work, lines={"line-1": 1}))
    shop.engine.submit(PackUnits(**work, lines={"line-1": 1}), perform=False)
    said = notice(
        account="post",
        kind=NoticeKind.LABEL,
        effect_key=f"{ORDER}/package-1/label",
        references=("T-1",),
        outcome=Succeeded(reference="T-1"),
        amount_minor=None,
        currency="",
    )

    for n, kind in enumerate((NoticeKind.CAPTURE, NoticeKind.LABEL)):
        told = attrs.evolve(said, kind=kind)
        shop.engine.submit(ReceiveNotice(provider="p", message_id=f"m{n}", notices=[told]))

    assert shop.message("p:m0").notices[0].reason == "kind_differs"
    assert shop.status("p:m1") == "applied"
    assert shop.engine.order(ORDER).fulfillment.packages[0].tracking == "T-1"


# --- told in vain ------------------------------------------------------------------------------


def folded(*commands: Any) -> Message:
    state: Message | None = None
    for command in commands:
        decided = NOTICES.decide(command, state, Facts(), CONTEXT)
        state = NOTICES.fold(decided.events, state)
    assert state is not None
    return state


RECEIVE = ReceiveNotice(provider="p", message_id="m", notices=[notice()])


def test_a_known_message_says_nothing_new_and_may_not_change_what_it_said() -> None:
    message = folded(RECEIVE)

    assert NOTICES.decide(RECEIVE, message, Facts(), CONTEXT).events == ()
    with pytest.raises(Rejected, match="notice_differs"):
        NOTICES.decide(
            attrs.evolve(RECEIVE, notices=[notice(amount_minor=1)]), message, Facts(), CONTEXT
        )


def test_a_try_in_vain_comes_back_later_and_after_many_waits_for_a_person() -> None:
    message = folded(RECEIVE)
    attempt = RecordNoticeAttempt(notice_id="p:m", effect_key=message.seek_key, reason="away")
    (event,) = NOTICES.decide(attempt, message, Facts(), CONTEXT).events
    assert isinstance(event, AttemptFailed)

    for _ in range(CONTEXT.rules.attempts_max):
        message = folded_onto(message, attempt)

    (owed,) = NOTICES.outstanding(message)
    assert owed.waits_for_operator
    assert folded_onto(message, attrs.evolve(attempt, effect_key="notice/p:m/9")) == message


def folded_onto(message: Message, command: Any) -> Message:
    state = NOTICES.fold(NOTICES.decide(command, message, Facts(), CONTEXT).events, message)
    assert state is not None
    return state


@pytest.mark.parametrize(
    "command",
    [
        SeekOrders(notice_id="p:x"),
        RecordNoticeOutcome(notice_id="p:x", effect_key="k", outcome=Succeeded(reference="r")),
        RecordNoticeAttempt(notice_id="p:x", effect_key="k", reason="r"),
    ],
)
def test_a_message_that_was_never_received_is_unknown(command: Command) -> None:
    with pytest.raises(Rejected) as refused:
        NOTICES.decide(command, None, Facts(), CONTEXT)

    assert (refused.value.code, refused.value.legal) == ("unknown_notice", ("ReceiveNotice",))


# --- slots ---------------------------------------------------------------------------------------


class StaleSlots:
    """A store in whose index, for a while, nobody is seen to wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stale = True

    def find(self, tenant: TenantId, reference: str) -> StreamId | None:
        if self.stale and reference.startswith("parked:"):
            return None
        return self._store.find(tenant, reference)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_two_that_reach_for_one_slot_at_once_stand_in_two_when_they_look_again() -> None:
    store = StaleSlots(MemoryStore())
    shop = Shop(cast("Store", store), carries_keys=False).stocked()
    seen: list[list[tuple[str, ...]]] = []

    def slots() -> list[tuple[str, ...]]:
        return [shop.message(f"fakepay:copy_{n}").notices[0].slots for n in (1, 2)]

    def deliver(message: ProviderMessage) -> None:
        for n in (1, 2):
            shop.receive(attrs.evolve(message, id=f"copy_{n}"))
        shop.engine.run_pending()
        seen.append(slots())
        store.stale = False
        shop.clock.advance(seconds=60)
        shop.engine.run_pending()
        seen.append(slots())

    shop.webhooks.before_reply = deliver
    shop.place()

    (slot,) = waiting_slots(f"fakepay:{shop.webhooks.messages[0].reference}")[:1]
    assert seen == [[(slot,), (slot,)], [(slot,), (slot, slot.replace("#1", "#2"))]]
    assert {shop.status(f"fakepay:copy_{n}") for n in (1, 2)} == {"applied"}
    assert AUTHORIZATION in shop.gateway.actions


def test_a_port_that_is_away_while_the_order_is_told_is_tried_again() -> None:
    shop = Shop().stocked()
    shop.place(token="vault:challenge")
    (asked,) = shop.webhooks.messages
    shop.receive(attrs.evolve(asked, id="paid", outcome="succeeded"))
    away = [True]
    commit = shop.store.commit

    class Away:
        def commit(self, each: Any) -> Any:
            if away[0] and type(each.receipt.command).__name__ == "RecordOutcome":
                raise PortUnavailable("store", "away")
            return commit(each)

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.store, name)

    engine = shop.over(cast("Store", Away()))
    engine.run_pending()
    assert shop.status("fakepay:paid") == "matched"
    away[0] = False
    shop.clock.advance(seconds=60)
    engine.run_pending()

    assert shop.status("fakepay:paid") == "applied"


def test_of_a_message_the_store_has_what_its_notices_say_and_neither_body_nor_secret(
    tmp_path: Path,
) -> None:
    store = SQLiteStore(tmp_path / "shop.db")
    shop = Shop(store).stocked()
    read = shop.webhooks.source._reads
    secret = "whsec_" + "c2VjcmV0" * 5
    source = SignedWebhook(provider="acme", secrets=(secret,), reads=read)
    shop.place(token="vault:challenge")
    told = attrs.evolve(shop.webhooks.messages[0], id="m", reference="au_told", key="O-9/payment-1")
    body = b'{"cardholder":"Unheard Of",' + told.body[1:]

    shop.engine.receive(source, sign_standard_webhook(secret, "m", body, shop.clock()), body)
    shop.settle()
    store.close()

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"au_told" in kept
    for untold in (b"cardholder", b"Unheard Of", secret.encode(), b"c2VjcmV0", b"secretsecret"):
        assert untold not in kept
