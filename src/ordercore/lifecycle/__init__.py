"""
Lifecycles: small state machines, declared to be read and compiled to be fast.

Each lifecycle is declared as a strict python-statemachine class beside its slice, where it reads
as its own diagram. What runs is a frozen table compiled from it; no machine object exists on any
path that an order takes.
"""

from ordercore.lifecycle._lifecycle import Category, Declared, Lifecycle, compile_lifecycle

__all__ = ["Category", "Declared", "Lifecycle", "compile_lifecycle"]
