"""
The compiled lifecycle of a notice; the machine is imported to be drawn.

"""

from typing import Final

from ordercore.intake._tables import NOTICE
from ordercore.lifecycle import Declared

__all__ = ["NOTICE_LIFECYCLE"]

NOTICE_LIFECYCLE: Final = Declared("ordercore.intake._machines", "NoticeMachine", NOTICE)
