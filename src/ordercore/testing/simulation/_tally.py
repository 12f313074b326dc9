"""
What is counted while a simulation runs, and how it stops.

"""

from collections import Counter
from collections.abc import Callable
from typing import Final, NoReturn, Protocol

from ordercore.grammar import Command
from ordercore.ids import CommandId, TenantId
from ordercore.instants import Instant
from ordercore.ports import Commit
from ordercore.testing._time import VirtualClock
from ordercore.testing.simulation._faults import FaultKind
from ordercore.testing.simulation._findings import Incident, Sample

__all__ = ["Stop", "Tally", "Witness"]


class Witness(Protocol):
    """
    Who knows what the engine should answer, and says so by raising.

    """

    checks: Counter[str]

    def begun(self, command_id: CommandId, command: Command, at: Instant) -> None:
        """
        Note that a process is at a command.

        """
        ...

    def wrote(self, commit: Commit) -> None:
        """
        Judge what the store has just accepted.

        Raises:
            AssertionError: It is not what should have been written.
        """
        ...

    def ended(self, command_id: CommandId, at: Instant) -> None:
        """
        Note that nobody is at a command any more.

        """
        ...

    def check(self, at: Instant) -> int:
        """
        Judge everything.

        Raises:
            AssertionError: Something is not as it should be.
        """
        ...


class Stop(BaseException):
    """
    The run has found what must never be; no loop may take this for an error of a port.

    """


class Tally:
    """
    The counts of one run.

    Attributes:
        act: The act that is played; -1 while all comes to rest.
        steps: Commands and answers of ports that reached an engine.
        accepted: How many of them were accepted.
        struck: How many faults have befallen something.
        refused: Refused commands, by code.
        commands: Submitted commands, by name.
        recovery_s: How long it took to settle what a fault befell, by kind.
        samples: How things stood in between.
        incident: What has stopped the run.
        story: What has happened, line by line; None where it is not told.
    """

    def __init__(
        self, clock: VirtualClock, witnesses: dict[TenantId, Witness], *, told: bool = False
    ) -> None:
        self.act = 0
        self.steps = 0
        self.accepted = 0
        self.struck = 0
        self.refused: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()
        self.recovery_s: dict[FaultKind, list[int]] = {}
        self.samples: list[Sample] = []
        self.incident: Incident | None = None
        self.story: list[str] | None = [] if told else None
        self.witnesses: Final = witnesses
        self._clock: Final = clock
        self._befallen: dict[tuple[TenantId, str], tuple[FaultKind, Instant]] = {}

    def answered(self) -> None:
        """
        Count an answer of a port that reached an engine.

        """
        self.steps += 1
        self.accepted += 1

    def befell(self, tenant: TenantId, kind: FaultKind, what: str) -> None:
        """
        Note what a fault has befallen: an effect, a command, a port.

        """
        self.struck += 1
        self.tell(tenant, f"{kind} befalls {what}")
        self._befallen.setdefault((tenant, what), (kind, self._clock()))

    def tell(self, tenant: TenantId | None, line: str) -> None:
        """
        Add a line to the story.

        """
        if self.story is not None:
            act = "rest" if self.act < 0 else self.act
            at = self._clock().strftime("%Y-%m-%d %H:%M:%S")
            self.story.append(f"{act:>6}  {at}  {tenant or '':<9} {line}")

    def wrote(self, commit: Commit) -> None:
        """
        Note what the store has accepted, and have it judged.

        """
        tenant = commit.tenant
        if self._befallen:
            for what in (commit.receipt.command_id, *commit.settles):
                known = self._befallen.pop((tenant, what), None)
                if known is not None:
                    kind, at = known
                    took = int((self._clock() - at).total_seconds())
                    self.recovery_s.setdefault(kind, []).append(max(took, 0))
        if self.story is not None:
            facts = ", ".join(type(event).__name__ for event in commit.events)
            refusal = commit.receipt.rejected
            came_to = f"refused: {refusal}" if refusal else facts or "nothing new"
            if commit.events or refusal:
                self.tell(tenant, f"    written: {commit.receipt.stream or 'stock'}: {came_to}")
        witness = self.witnesses.get(tenant)
        if witness is not None:
            self.judged(tenant, lambda: witness.wrote(commit))

    def judged(self, tenant: TenantId, judge: Callable[[], object]) -> None:
        """
        Let a witness judge; what it objects to stops the run.

        """
        try:
            judge()
        except AssertionError as objection:
            invariant: str = getattr(objection, "invariant", "witness")
            subject: str = getattr(objection, "subject", "")
            self.stop(tenant, invariant, subject, str(objection).removeprefix(f"{invariant}: "))

    def stop(self, tenant: TenantId, invariant: str, subject: str, sentence: str) -> NoReturn:
        """
        Stop the run.

        """
        self.incident = self.incident or Incident(
            act=self.act,
            step=self.steps,
            at=self._clock(),
            tenant=tenant,
            invariant=invariant,
            subject=subject,
            sentence=sentence,
        )
        self.tell(tenant, f"STOP: {self.incident}")
        raise Stop
