"""
The floor: the same order life written by hand, without any of ordercore's generality.

It keeps the same facts: every event with its body, every ledger step, the balances that steps
guard, and every command with its result under a key, so a repeated one is answered and not done
again. It checks what a careful author would check (stock, amounts, the stage of each step), but it
knows one currency, one tender, two SKUs at two places and this one course of events. `Dicts`
keeps all in memory; `Rows` writes one SQLite transaction a command.
"""

from itertools import count, pairwise
from typing import Any

from bench.floor_stores import Event, Keeper, Step

__all__ = ["FloorShop"]


class FloorShop:
    """The course of one order, command by command."""

    def __init__(self, keeper: Keeper, orders: int) -> None:
        self._keeper = keeper
        self._orders: dict[str, dict[str, Any]] = {}
        self._keys = count(1)
        for sku, place, quantity in (("MUG", "berlin", 2 * orders), ("TEA", "lyon", orders)):
            key = f"receive-{sku}"
            steps: list[Step] = [
                (f"{key}/1", f"supplier|{sku}", f"on_hand|{sku}|{place}", quantity, None),
                (f"{key}/2", f"outside|{sku}", f"available|{sku}|{place}", quantity, None),
            ]
            keeper.commit(
                key, "receive", {"place": place, sku: quantity}, None, events=[], steps=steps
            )

    def live(self, number: int) -> None:
        name = f"O-{number}"
        self.place(name, (("line-1", "MUG", 2, 999), ("line-2", "TEA", 1, 500)), 490)
        for package in (1, 2):
            self.fulfill(name, package)
        for package in (1, 2):
            self.deliver(name, package)
        self.authorize_return(name, "line-1", 1)
        self.receive_return(name, "berlin")
        self.inspect_return(name)

    def place(self, name: str, lines: tuple[tuple[str, str, int, int], ...], shipping: int) -> None:
        if name in self._orders:
            raise ValueError(f"{name} exists")
        key = f"c-{next(self._keys)}"
        priced: list[dict[str, Any]] = [
            {
                "id": line,
                "sku": sku,
                "quantity": quantity,
                "unit": unit,
                "net": quantity * unit,
                "tax": quantity * unit * 19 // 100,
                "place": "berlin" if sku == "MUG" else "lyon",
            }
            for line, sku, quantity, unit in lines
        ]
        tax = shipping * 19 // 100
        total = sum(line["net"] + line["tax"] for line in priced) + shipping + tax
        order: dict[str, Any] = {
            "id": name,
            "version": 0,
            "status": "placed",
            "lines": priced,
            "total": total,
            "shipping": shipping + tax,
            "packages": {},
            "captured": 0,
            "refunded": 0,
            "return": None,
        }
        steps: list[Step] = [
            (
                f"{key}/{n}",
                f"available|{line['sku']}|{line['place']}",
                f"allocated|{line['sku']}|{line['place']}",
                line["quantity"],
                0,
            )
            for n, line in enumerate(priced, 1)
        ]
        placed = {
            "currency": "EUR",
            "country": "DE",
            "lines": priced,
            "shipping": shipping,
            "total": total,
        }
        asked = {"payment": f"{name}/payment-1", "amount": total, "token": "token"}
        self._write(
            key,
            "place",
            placed,
            order,
            events=[("order-placed", placed), ("authorization-requested", asked)],
            steps=steps,
        )
        self._orders[name] = order
        self._record_authorization(order, key)

    def _record_authorization(self, order: dict[str, Any], key: str) -> None:
        name, total = order["id"], order["total"]
        granted = {"payment": f"{name}/payment-1", "amount": total, "reference": f"bank:{key}"}
        opened: list[Event] = [
            (
                "fulfillment-order-opened",
                {"id": f"{name}/fo-{n}", "place": line["place"], "lines": [line["id"]]},
            )
            for n, line in enumerate(order["lines"], 1)
        ]
        order["status"] = "released"
        self._write(
            f"{name}/payment-1/reply-1",
            "outcome",
            granted,
            order,
            events=[("payment-authorized", granted), ("order-released", {}), *opened],
            steps=[],
        )

    def fulfill(self, name: str, number: int) -> None:
        order = self._order(name, "released")
        if number in order["packages"]:
            raise ValueError(f"{name}: package {number} is packed")
        line = order["lines"][number - 1]
        sku, place, quantity, key = (
            line["sku"],
            line["place"],
            line["quantity"],
            f"c-{next(self._keys)}",
        )
        amount = line["net"] + line["tax"] + (order["shipping"] if number == 1 else 0)
        if order["captured"] + amount > order["total"]:
            raise ValueError(f"{name}: more than was authorized")
        order["packages"][number] = {"status": "shipped", "amount": amount}
        units = {"lines": {line["id"]: quantity}, "package": f"{name}/package-{number}"}
        way = ("on_hand", "picked", "packed", "customer")
        steps: list[Step] = [
            (
                f"{key}/{n}",
                f"{source}|{sku}|{place}",
                f"{target}|{sku}|{place}",
                quantity,
                0 if n == 1 else None,
            )
            for n, (source, target) in enumerate(pairwise(way), 1)
        ]
        steps.append((f"{key}/4", f"allocated|{sku}|{place}", f"outside|{sku}", quantity, 0))
        steps.append(
            (f"{key}/5", f"held|{name}|{number}", f"ended|{name}|{number}", quantity, None)
        )
        capture = {"request": f"{name}/capture-{number}", "amount": amount}
        events: list[Event] = [
            ("units-picked", units),
            ("package-packed", units),
            ("package-shipped", units),
            ("package-charged", capture),
            ("capture-requested", capture),
            ("fulfillment-order-ended", {"id": f"{name}/fo-{number}"}),
        ]
        self._write(
            key,
            "fulfill",
            units,
            order,
            events=events,
            steps=steps,
        )
        order["captured"] += amount
        self._write(
            f"{name}/capture-{number}/reply-1",
            "outcome",
            capture,
            order,
            events=[("payment-captured", capture)],
            steps=[(f"{key}/money", "customer|EUR", "clearing|EUR", amount, None)],
        )

    def deliver(self, name: str, number: int) -> None:
        order = self._order(name, "released")
        package = order["packages"][number]
        if package["status"] != "shipped":
            raise ValueError(f"{name}: package {number} is {package['status']}")
        package["status"] = "delivered"
        facts = {"package": f"{name}/package-{number}"}
        events: list[Event] = [("package-delivered", facts)]
        if len(order["packages"]) == len(order["lines"]) and all(
            known["status"] == "delivered" for known in order["packages"].values()
        ):
            order["status"] = "completed"
            events.append(("order-ended", {}))
        self._write(
            f"c-{next(self._keys)}",
            "deliver",
            facts,
            order,
            events=events,
            steps=[],
        )

    def authorize_return(self, name: str, line_id: str, quantity: int) -> None:
        order = self._order(name, "completed")
        line = next(line for line in order["lines"] if line["id"] == line_id)
        if order["return"] is not None or quantity > line["quantity"]:
            raise ValueError(f"{name}: nothing to return")
        order["return"] = {"status": "authorized", "line": line, "quantity": quantity}
        facts = {"return": f"{name}/return-1", "lines": {line_id: quantity}}
        self._write(
            f"c-{next(self._keys)}",
            "authorize-return",
            facts,
            order,
            events=[("return-authorized", facts)],
            steps=[],
        )

    def receive_return(self, name: str, place: str) -> None:
        order = self._order(name, "completed")
        back, key = order["return"], f"c-{next(self._keys)}"
        if back["status"] != "authorized":
            raise ValueError(f"{name}: the return is {back['status']}")
        back["status"], back["place"] = "received", place
        facts = {"return": f"{name}/return-1", "place": place}
        sku, quantity = back["line"]["sku"], back["quantity"]
        self._write(
            key,
            "receive-return",
            facts,
            order,
            events=[("return-received", facts)],
            steps=[(f"{key}/1", f"customer|{sku}", f"quality|{sku}|{place}", quantity, None)],
        )

    def inspect_return(self, name: str) -> None:
        order = self._order(name, "completed")
        back, key = order["return"], f"c-{next(self._keys)}"
        if back["status"] != "received":
            raise ValueError(f"{name}: the return is {back['status']}")
        back["status"] = "inspected"
        line, quantity, place = back["line"], back["quantity"], back["place"]
        amount = (line["net"] + line["tax"]) * quantity // line["quantity"]
        if order["refunded"] + amount > order["captured"]:
            raise ValueError(f"{name}: more than was captured")
        refund = {"request": f"{name}/refund-1", "amount": amount, "reason": "return"}
        facts = {"return": f"{name}/return-1", "restocked": quantity, "damaged": 0}
        self._write(
            key,
            "inspect-return",
            facts,
            order,
            events=[
                ("return-inspected", facts),
                ("refund-granted", refund),
                ("refund-requested", refund),
            ],
            steps=[
                (
                    f"{key}/1",
                    f"quality|{line['sku']}|{place}",
                    f"on_hand|{line['sku']}|{place}",
                    quantity,
                    0,
                ),
                (
                    f"{key}/2",
                    f"outside|{line['sku']}",
                    f"available|{line['sku']}|{place}",
                    quantity,
                    None,
                ),
            ],
        )
        order["refunded"] += amount
        self._write(
            f"{name}/refund-1/reply-1",
            "outcome",
            refund,
            order,
            events=[("payment-refunded", refund)],
            steps=[(f"{key}/money", "clearing|EUR", "customer|EUR", amount, None)],
        )

    def _order(self, name: str, status: str) -> dict[str, Any]:
        order = self._orders[name]
        if order["status"] != status:
            raise ValueError(f"{name} is {order['status']}")
        return order

    def _write(
        self,
        key: str,
        name: str,
        body: dict[str, Any],
        order: dict[str, Any],
        *,
        events: list[Event],
        steps: list[Step],
    ) -> None:
        if self._keeper.known(key):
            return
        self._keeper.commit(key, name, body, order, events=events, steps=steps)
        order["version"] += len(events)
