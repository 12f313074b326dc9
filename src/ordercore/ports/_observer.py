"""
The port of whoever watches an engine at work: traces, metrics, logs.

An engine tells what it does as spans within spans. What it tells is made of types, codes, counts
and the host's own ids; nothing of a customer is among it: no address, no name, no amount, no text
of a refusal, no answer of a provider.

  ==================== =========================================== =============================
  span                 told at its beginning                       noted before its end
  ==================== =========================================== =============================
  ``ordercore.submit`` ``tenant``, ``command``, ``stream``         ``version``, ``events``,
                                                                   ``repeated``
  ``ordercore.commit`` ``tenant``, ``commits``, ``events``,        ``refused``: how many of them
                       ``steps``
  ``ordercore.perform`` ``tenant``, ``stream``                     ``effects``
  ``ordercore.ask``    ``tenant``, ``effect``, ``key``             ``outcome``
  ``ordercore.look_up`` ``tenant``, ``effect``, ``key``            ``outcome``
  ==================== =========================================== =============================

Where it ends by an error, ``error`` says the error's type, and ``code`` a refusal's code. Types are
named as in Python (``PlaceOrder``, ``AskCapture``, ``Succeeded``).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

__all__ = ["Observer", "Span"]


class Span(Protocol):
    """
    One thing that an engine is at.

    """

    def note(self, name: str, value: str | int) -> None:
        """
        Say more about it.

        """
        ...


class Observer(Protocol):
    """
    Watches an engine; what it raises is dropped with a warning, and changes nothing.

    """

    def span(self, name: str, attributes: Mapping[str, str | int]) -> AbstractContextManager[Span]:
        """
        Begin to watch one thing; it ends with the context.

        The context is entered and left in one thread or task, and what is begun inside it belongs
        to it. It is left with the error where the thing ended by one, and must let it pass.

        Args:
            name: What it is; one of those in the module's table.
            attributes: What is known at its beginning.
        """
        ...
