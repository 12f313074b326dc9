"""
The shipping desk of the demonstration: a process of its own, which dies at the worst moment.

``python -m ordercore.cli._desk STORE JOURNAL INSTANT ORDER PACKAGE CAPTURE`` ships one package.
When the provider has performed the capture of the given number, and before its answer is
recorded anywhere, the process kills itself as a power cut would: no handler runs, nothing is
closed, nobody is told.
"""

import os
import signal
import sys
from pathlib import Path

from ordercore.cli._shop import Shop
from ordercore.grammar import Outcome
from ordercore.ids import OrderId, PackageId
from ordercore.instants import parse_instant
from ordercore.orders import ShipPackage
from ordercore.payments import AskCapture
from ordercore.testing import FakePaymentGateway, VirtualClock

__all__ = ["KILLED", "main"]

#: How the process ends where the system knows no signal that can't be caught.
KILLED = 137


class _DeadlyGateway(FakePaymentGateway):
    """
    A provider that acts, and whose caller does not live to hear of it.

    """

    deadly_capture = 0

    def capture(self, ask: AskCapture) -> Outcome:
        """
        Capture; the process ends with the capture whose turn it is.

        """
        outcome = super().capture(ask)
        self.deadly_capture -= 1
        if self.deadly_capture == 0:
            _die()
        return outcome


def _die() -> None:
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(KILLED)  # Windows knows no SIGKILL; this skips every handler as well


def main(arguments: list[str]) -> None:
    """
    Ship one package, and die.

    """
    store, journal, at, order_id, package_id, capture = arguments
    clock = VirtualClock(parse_instant(at))
    payments = _DeadlyGateway(clock, journal=Path(journal))
    payments.deadly_capture = int(capture)
    shop = Shop.open(store=Path(store), payments=payments, clock=clock, process="shipping-desk")
    shop.engine.submit(ShipPackage(order_id=OrderId(order_id), package_id=PackageId(package_id)))


if __name__ == "__main__":
    main(sys.argv[1:])
