import pytest

from ordercore import ReceiveStock, ReserveCart
from ordercore.inventory import AdjustReason, AdjustStock
from ordercore.parties import Destination
from tests.orders.builders import Shop


def test_every_number_of_stock_names_the_steps_that_make_it() -> None:
    shop = Shop()
    shop.do(ReceiveStock(place="berlin", lines={"MUG": 50}, reference="note-7"))
    shop.do(AdjustStock(place="berlin", lines={"MUG": -1}, reason=AdjustReason.DAMAGE))
    shop.do(
        ReserveCart(
            cart_id="C-1", currency="EUR", destination=Destination(country="DE"), lines={"MUG": 2}
        )
    )
    lines = shop.engine.explain("MUG", "berlin")

    assert [(getattr(line.entry.step, "reason", ""), line.change.available) for line in lines] == [
        ("receive", 50),
        ("damage", -1),
        ("reserve", -2),
    ]
    (level,) = shop.engine.availability("MUG", places=("berlin",))
    assert sum(line.change.available for line in lines) == level.available == 47
    on_hand = shop.engine.explain("MUG", "berlin", "posted")
    assert sum(line.change.posted for line in on_hand) == level.on_hand == 49


@pytest.mark.parametrize("sku", ["MUG", "no such thing"])
def test_what_never_lay_there_has_no_reasons(sku: str) -> None:
    assert Shop().engine.explain(sku, "lyon") == ()
