"""
A tender for the rest pays what the others leave, which may be nothing.
"""

from ordercore import Destination, LineRequest, PlaceOrder, ReceiveStock, Tender, UnitPrice
from ordercore.payments import EMPTY, AuthorizationRequested, authorize_tenders
from ordercore.testing import Scenario

VOUCHER = Tender(method="voucher", token_ref="vault:v", amount_minor=500)
CARD = Tender(method="card", token_ref="vault:c")


def amounts(due_minor: int) -> list[tuple[str, int]]:
    events = authorize_tenders(EMPTY, "O-1", (VOUCHER, CARD), due_minor, "EUR")
    assert all(isinstance(event, AuthorizationRequested) for event in events)
    return [(e.method, e.amount_minor) for e in events if isinstance(e, AuthorizationRequested)]


def test_the_rest_is_asked_of_the_tender_that_names_no_amount() -> None:
    assert amounts(700) == [("voucher", 500), ("card", 200)]


def test_where_nothing_is_left_nothing_is_asked() -> None:
    assert amounts(500) == [("voucher", 500)]


def test_an_order_that_costs_nothing_asks_no_card_and_is_released() -> None:
    scenario = Scenario().given(ReceiveStock(place="berlin", lines={"MUG": 1}))

    scenario.when(
        PlaceOrder(
            order_id="O-1",
            currency="EUR",
            destination=Destination(country="DE"),
            lines=(LineRequest(sku="MUG", quantity=1, unit_price=UnitPrice(0)),),
            tenders=(CARD,),
        )
    )

    assert scenario.engine.order("O-1").status == "released"
    assert scenario.payments.calls == []
