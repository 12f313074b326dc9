"""
Runners: job engines that carry what streams owe, in place of workers of our own.

A runner is an :class:`~ordercore.ports.EffectRunner`: a store calls it in the transaction of each
commit that leaves something due, and its job calls ``Engine.perform``. Each is a module of
its own with an extra of its own, since each needs a package that most hosts do not have:
``ordercore.runners.procrastinate`` (install ``ordercore[procrastinate]``).
"""

from ordercore.ports import AsyncEffectRunner, EffectRunner

__all__ = ["AsyncEffectRunner", "EffectRunner"]
