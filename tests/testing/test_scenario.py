"""
Stories that hold, and stories that fail with a diff of facts.
"""

import pytest

from ordercore import (
    CancelUnits,
    Destination,
    FulfillUnits,
    LineRequest,
    PickUnits,
    PlaceOrder,
    ReceiveStock,
    RecordDelivery,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import FulfillmentOrderOpened, UnitsPicked
from ordercore.orders import AnomalyRecorded, OrderPlaced, OrderReleased
from ordercore.payments import AuthorizationDeclined, AuthorizationRequested, PaymentAuthorized
from ordercore.testing import Fault, Scenario, ScenarioFailure

STOCK = ReceiveStock(place="berlin", lines={"MUG": 3})
RELEASED = (
    OrderPlaced,
    AuthorizationRequested,
    PaymentAuthorized,
    OrderReleased,
    FulfillmentOrderOpened,
)


def order(quantity: int = 2, token: str = "vault:1") -> PlaceOrder:
    return PlaceOrder(
        order_id="O-1",
        currency="EUR",
        destination=Destination(country="DE"),
        lines=(LineRequest(sku="MUG", quantity=quantity, unit_price=UnitPrice(999)),),
        tenders=(Tender(method="card", token_ref=token),),
    )


def test_an_order_whose_payment_is_promised_is_released_to_its_place() -> None:
    Scenario().given(STOCK).when(order()).then(
        OrderPlaced,
        AuthorizationRequested,
        PaymentAuthorized,
        OrderReleased,
        FulfillmentOrderOpened,
    )


def test_an_order_whose_card_is_declined_waits() -> None:
    scenario = Scenario().given(STOCK)

    scenario.when(order(token="declined")).then(
        OrderPlaced, AuthorizationRequested, AuthorizationDeclined
    )

    assert [a.command for a in scenario.engine.allowed("O-1")] == ["AddTender", "CancelUnits"]


def test_a_story_names_exact_facts() -> None:
    scenario = Scenario().given(STOCK, order())
    pick = PickUnits(order_id="O-1", fulfillment_order_id="O-1/fo-1", lines={"line-1": 2})

    scenario.when(pick)

    work = scenario.engine.order("O-1").fulfillment.orders[0]
    picked = scenario.engine.history("O-1")[-1].event
    assert isinstance(picked, UnitsPicked)
    assert (picked.fulfillment_order_id, picked.status) == (work.id, "in_progress")
    scenario.then(picked)


def test_what_is_asked_in_vain_is_refused_by_its_code() -> None:
    Scenario().given(STOCK).when(order(quantity=4)).then_rejected("shortage")
    Scenario().given(STOCK).when(CancelUnits(order_id="O-1")).then_rejected("unknown_order")


def test_what_is_so_already_leads_to_nothing() -> None:
    delivered = RecordDelivery(order_id="O-1", package_id="O-1/package-1")
    shipped = FulfillUnits(order_id="O-1", fulfillment_order_id="O-1/fo-1")

    Scenario().given(STOCK, order(), shipped, delivered).when(delivered).then_nothing()


def test_a_story_can_plan_what_goes_wrong() -> None:
    scenario = Scenario().given(STOCK)
    scenario.payments.plan("authorize", Fault.TIMEOUT_AFTER)

    # The answer was lost, the provider has acted, and looking it up tells.
    scenario.when(order()).then(
        OrderPlaced,
        AuthorizationRequested,
        PaymentAuthorized,
        OrderReleased,
        FulfillmentOrderOpened,
    )


@pytest.mark.parametrize(
    ("tell", "message"),
    [
        (lambda s: s.then(OrderPlaced), "\\+ AuthorizationRequested"),
        (lambda s: s.then(OrderPlaced, AnomalyRecorded), "- AnomalyRecorded"),
        (lambda s: s.then_nothing(), "\\+ OrderPlaced"),
        (lambda s: s.then_rejected("shortage"), "was accepted and led to OrderPlaced"),
    ],
)
def test_a_story_that_does_not_hold_says_how(tell: object, message: str) -> None:
    told = Scenario().given(STOCK).when(order())

    with pytest.raises(ScenarioFailure, match=message):
        tell(told)  # type: ignore[operator]


def test_a_refusal_where_facts_were_told_is_named() -> None:
    told = Scenario().given(STOCK).when(order(quantity=9))

    with pytest.raises(ScenarioFailure, match="was refused: shortage"):
        told.then(OrderPlaced)
    with pytest.raises(ScenarioFailure, match="not for key_reused"):
        told.then_rejected("key_reused")
