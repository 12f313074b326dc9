"""
A small shop in the shape of the real one, made from a seed.

The same columns and the same quirks: customers that are not named, codes in two spellings, a SKU
rung twice on one invoice, an invoice with two instants, carriage and vouchers, gifts without a
price, a mistake of tens of thousands of units that is taken back minutes later, returns of what
was bought in two purchases, before the records begin, by nobody, or more often than bought, and
corrections in people's own words. The same seed writes the same bytes.
"""

import csv
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Final

__all__ = ["write_sample"]

_FIRST: Final = datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001 - the file holds local times
_HEADER: Final = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
    "Country",
)  # fmt: skip
_GONE: Final = (
    "damaged", "thrown away", "wet/rusty", "?missing", "lost in space", "samples", "check",
    "counted", "?", "", "sold as set on dotcom", "found some more on shelf",
)  # fmt: skip
_CAME: Final = ("found", "had been put aside", "check", "", "adjustment", "damages?")
_CODES: Final = ("POST", "DOT", "m", "D", "BANK CHARGES", "gift_0001_20")
_MISTAKE: Final = 74_215


def write_sample(folder: Path, *, seed: int = 20_101_201, invoices: int = 400) -> None:
    """
    Write the invoice lines of a made-up shop into a folder.

    """
    folder.mkdir(parents=True, exist_ok=True)
    sample = _Sample(Random(seed))  # noqa: S311 - made up is what it shall be
    for n in range(invoices):
        sample.invoice(n)
    with (folder / "online_retail.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([_HEADER, *sample.rows])


class _Sample:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._at = _FIRST
        self._number = 536_364
        self._skus = [f"{20_000 + 37 * n}{'ABC'[n % 3] if n % 4 == 0 else ''}" for n in range(60)]
        self._customers = [str(12_346 + 11 * n) for n in range(25)]
        self._gone, self._came = cycle(_GONE), cycle(_CAME)
        self._bought: list[tuple[str, str, int]] = []
        self.rows: list[list[str]] = []

    def invoice(self, n: int) -> None:
        """
        Write the n-th invoice; which quirk it has follows from its number.

        """
        self._at += timedelta(minutes=self._random.randrange(1, 50))
        match n % 20:
            case 4 | 9:
                self._correct(next(self._gone), -self._random.randrange(1, 60))
            case 12:
                self._correct(next(self._came), self._random.randrange(1, 60))
            case 6 | 14:
                self._return(n)
            case 16 if n % 40 == 16:
                self._two_purchases_and_a_return()
            case 18 if n == 38:
                self._mistake()
            case 19 if n % 100 == 19:
                self._add("A", "B", 1, "-11062.06" if n % 200 == 19 else "11062.06", "")
            case _:
                self._sell(n)

    def _sell(self, n: int) -> None:
        random = self._random
        # Every fourth buyer is not named.
        customer = "" if n % 4 == 0 else random.choice(self._customers)
        prefix = ""
        for line in range(random.choice((1, 2, 3, 5, 8))):
            sku = random.choice(self._skus)
            quantity = random.choice((1, 1, 2, 6, 12, 48))
            if line == 2 and n % 3 == 0:
                self._at += timedelta(minutes=1)
            price = "0.0" if customer and line == 1 and n % 7 == 0 else self._price()
            written = sku.lower() if random.randrange(12) == 0 else sku
            for _ in range(2 if line == 0 and n % 11 == 0 else 1):
                self._add(prefix, written, quantity, price, customer)
                prefix = "same"
                self._bought.append((customer, sku, quantity))
        if n % 5 == 0:
            self._add("same", random.choice(_CODES), 1, "18.0", customer)

    def _return(self, n: int) -> None:
        random = self._random
        # One bought line and, by turns: a SKU never bought, more than was bought, or by nobody.
        named = [bought for bought in self._bought if bought[0]]
        customer, sku, quantity = random.choice(named or [("12346", "99999", 1)])
        self._add("C", sku, -random.randrange(1, quantity + 1), self._price(), customer)
        match n // 6 % 3:
            case 0:
                self._add("same C", "99998", -1, self._price(), customer)
            case 1:
                self._add("same C", sku, -10_000, self._price(), customer)
            case _:
                self._at += timedelta(minutes=1)
                self._add("C", sku, -1, self._price(), "")

    def _two_purchases_and_a_return(self) -> None:
        customer, sku = self._random.choice(self._customers), self._random.choice(self._skus)
        for quantity in (3, 4, -5):
            self._add("C" if quantity < 0 else "", sku, quantity, "2.55", customer)
            self._at += timedelta(minutes=3)

    def _mistake(self) -> None:
        self._add("", "23166", _MISTAKE, "1.04", "12346")
        self._at += timedelta(minutes=16)
        self._add("C", "23166", -_MISTAKE, "1.04", "12346")

    def _correct(self, text: str, quantity: int) -> None:
        self._add("", self._random.choice(self._skus), quantity, "0.0", "", text)

    def _price(self) -> str:
        return self._random.choice(("0.85", "2.55", "4.25", "16.95", "0.001"))

    def _add(  # noqa: PLR0917 - the cells of a line, in their order
        self, prefix: str, sku: str, quantity: int, price: str, customer: str, text: str = "A THING"
    ) -> None:
        """
        Write a line of a new invoice, or of the one before where the prefix says so.

        """
        if not prefix.startswith("same"):
            self._number += 1
        self.rows.append(
            [
                prefix.removeprefix("same").strip() + str(self._number), sku, text, str(quantity),
                str(self._at), price, customer, "United Kingdom",
            ]
        )  # fmt: skip
