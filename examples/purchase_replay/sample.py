"""
A few purchase orders in the shape of the real ones, made from a seed.

It writes the same two files with the same quirks: lines that came short, rejected units, orders
with one product twice, and every status. The same seed writes the same bytes.
"""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from examples.purchase_replay.source import HEADERS, LINES

__all__ = ["write_sample"]

_FIRST: Final = datetime(2022, 4, 15)  # noqa: DTZ001 - the files hold local times
_STATUSES: Final = "4444444123"


def write_sample(folder: Path, *, seed: int = 20_220_415, orders: int = 60) -> None:
    """
    Write the tables of made-up purchase orders into a folder.

    """
    random = Random(seed)  # noqa: S311 - made up is what it shall be
    headers = [["PurchaseOrderID", "Status", "VendorID", "OrderDate", "ShipDate"]]
    # fmt: off
    lines = [
        ["PurchaseOrderID", "PurchaseOrderDetailID", "DueDate", "OrderQty", "ProductID",
         "ReceivedQty", "RejectedQty", "StockedQty"],
    ]
    # fmt: on
    for number in range(1, orders + 1):
        day = _FIRST + timedelta(days=number // 4)
        status, vendor = _STATUSES[number % 10], str(random.randint(1, 9))
        headers.append(
            [str(number), status, vendor, f"{day}.000", f"{day + timedelta(days=9)}.000"]
        )
        for _ in range(random.randint(1, 4)):
            ordered = random.randint(1, 50)
            received = ordered - (random.randint(0, ordered - 1) if random.random() < 0.2 else 0)
            rejected = random.randint(0, received) if random.random() < 0.3 else 0
            due = f"{day + timedelta(days=random.choice((13, 14)))}.000"
            units = [f"{n}.00" for n in (received, rejected, received - rejected)]
            sku = str(random.randint(300, 312))
            lines.append([str(number), str(len(lines)), due, str(ordered), sku, *units])
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in ((HEADERS, headers), (LINES, lines)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
