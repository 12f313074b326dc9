"""
A carrier in memory.

It quotes from a table or a function and sells labels, refusing as values:

    too_heavy           the box is above the limit
    place_not_served    it has no rate from there (only where rates are a table)

How keys, faults and lookups work is told in ``ordercore.testing._acting``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from ordercore.errors import PortUnavailable
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.ids import PlaceId
from ordercore.ports import ActingCapabilities
from ordercore.testing._acting import CAPABLE, ActingFake, Clock
from ordercore.testing._time import VirtualClock

__all__ = ["FakeCarrier"]

_STANDSTILL: Final = datetime(2026, 1, 1, tzinfo=UTC)


class FakeCarrier(ActingFake):
    """
    A fake of :class:`ordercore.ports.Carrier`, checked by the kit that adapters pass.

    Args:
        rates: By place, or a function of the question; a place without rate is not served.
        name: The account of its labels; in capitals it opens their tracking numbers.
        clock: Tells the time. Without one it stands still: keys are recognized for ever and what
            is ``LATE`` is never found.
        capabilities: What it declares and then keeps, but no more.
        weight_limit_g: The heaviest box it takes, in grams.
        journal: A file to keep its memory in, as for
            :class:`~ordercore.testing.FakePaymentGateway`.
    """

    def __init__(
        self,
        rates: Mapping[str, ShippingRate]
        | Mapping[PlaceId, ShippingRate]
        | Callable[[ShippingRates], Sequence[ShippingRate]],
        *,
        name: str = "fakepost",
        clock: Clock | None = None,
        capabilities: ActingCapabilities = CAPABLE,
        weight_limit_g: int = 30_000,
        journal: Path | None = None,
    ) -> None:
        super().__init__(
            "carrier",
            VirtualClock(_STANDSTILL) if clock is None else clock,
            capabilities,
            asks={"buy_label": AskLabel},
            acting=("buy_label",),
            reading=("lookup", "rates"),
            journal=journal,
        )
        self._rates = rates
        self._name = name
        self._weight_limit_g = weight_limit_g
        self._catch_up()

    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        """
        Return the rates of the places asked for, in their order. Not noted in ``calls``.

        Raises:
            PortUnavailable: As planned.
        """
        with self._lock:
            if self._faults.take("rates", "") is not None:
                raise PortUnavailable(self._port, "rates are away, as planned")
        if callable(self._rates):
            return tuple(self._rates(question))
        return tuple(self._rates[place] for place in question.places if place in self._rates)

    def buy_label(self, ask: AskLabel) -> Outcome:
        """
        Sell a label; its tracking number follows from the key, hence is the same in every run.

        A label sold a second time under one key, beyond the idempotency window, ends in ``-2``.
        """
        return self._ask("buy_label", ask, lambda: self._judge(ask))

    def _judge(self, ask: AskLabel) -> Outcome:
        if ask.weight_g > self._weight_limit_g:
            reason = f"{ask.weight_g} g are above the {self._weight_limit_g} g that are taken"
            return Declined(code="too_heavy", reason=reason)
        if not callable(self._rates) and ask.place not in self._rates:
            return Declined(code="place_not_served", reason=f"nothing is collected at {ask.place}")
        digest = sha256(ask.key.encode("utf-8")).hexdigest()[:12].upper()
        again = f"-{self._actions[ask.key] + 1}" if self._actions[ask.key] else ""
        return Succeeded(reference=f"{self._name.upper()}{digest}{again}", account=self._name)
