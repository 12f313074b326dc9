"""
Views: what people read, derived from facts by pure functions.

"""

from ordercore.views._kits import KitStatus, kit_status
from ordercore.views._preorders import AwaitedUnits, awaited_units
from ordercore.views._status import PublicStatus, public_status
from ordercore.views._timeline import TimelineEntry, timeline

__all__ = [
    "AwaitedUnits",
    "KitStatus",
    "PublicStatus",
    "TimelineEntry",
    "awaited_units",
    "kit_status",
    "public_status",
    "timeline",
]
