"""
What every suite shares: how Hypothesis searches.

The gate runs the same examples every time, so that a red run is red again at the next desk; the
thorough profile (`make test-slow`) searches anew on each run and prints how to repeat what it
found. No profile has a deadline: a slow machine is not a failed claim.
"""

import os

from hypothesis import settings

settings.register_profile("gate", deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, max_examples=1_000, print_blob=True)
settings.load_profile(os.environ.get("ORDERCORE_HYPOTHESIS", "gate"))
