"""
From facts and commands to JSON and back, strictly.

Every fact and command has a stable name (never its class's), unknown fields and wrong primitive
types are refused with their paths, and what was written once can be read for ever.
"""

from ordercore.codec._codec import JsonCodec
from ordercore.codec._names import NAMES, TYPES
from ordercore.codec._states import StateForm

__all__ = ["NAMES", "TYPES", "JsonCodec", "StateForm"]
