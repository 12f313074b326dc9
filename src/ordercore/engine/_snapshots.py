"""
Kept states: so that a long stream loads as fast as a short one.

Every so many events of a stream a commit brings its state along, in the same transaction. Whoever
loads the stream without knowing it reads that state and only the events after it. A kept state is
never needed and never believed against doubt: one of another edition of its classes, of another
release, or with a broken seal counts as none, and the stream is folded from its first event.
"""

from importlib import import_module
from typing import Any, Final, cast

import attrs

from ordercore.codec import StateForm
from ordercore.errors import InvalidData
from ordercore.grammar import Aggregate, CommandFamily
from ordercore.ids import StreamId, TenantId
from ordercore.ports import Receipt, Snapshot

__all__ = ["EVERY", "Snapshots"]

#: After how many events of a stream its state is kept again.
EVERY: Final = 20

#: Made once a process: the same few kinds, whoever asks.
_FORMS: Final[dict[tuple[str, int, object], StateForm[Any]]] = {}


@attrs.frozen
class Snapshots:
    """
    Makes and reads kept states of one tenant.

    Attributes:
        tenant: Whose.
        every: After how many events a state is kept again; 0 for never.
    """

    tenant: TenantId
    every: int = EVERY

    def due(self, family: CommandFamily, receipt: Receipt, after: object) -> Snapshot | None:
        """
        Return the state that a commit should bring along, if it is time for one.

        """
        if not self.every or receipt.to_version // self.every == receipt.from_version // self.every:
            return None
        if receipt.stream is None or not isinstance(family, Aggregate) or after is None:
            return None
        form = self.form(cast("Aggregate[Any]", family))  # type: ignore[redundant-cast]  # pyright
        if form is None:
            return None
        label = self._label(receipt.stream, receipt.to_version)
        body = form.write(after, label)
        return Snapshot(version=receipt.to_version, form=form.name, body=body)

    def restored(
        self, family: Aggregate[Any], stream: StreamId, snapshot: Snapshot | None
    ) -> tuple[int, Any] | None:
        """
        Return the version and the state that were kept; None where none is certainly right.

        """
        form = None if snapshot is None else self.form(family)
        if snapshot is None or form is None or snapshot.form != form.name:
            return None
        try:
            state = form.read(snapshot.body, self._label(stream, snapshot.version))
        except InvalidData:
            return None
        return snapshot.version, state

    @staticmethod
    def form(family: Aggregate[Any]) -> StateForm[Any] | None:
        """
        Return how a kind of stream writes its states; None where it keeps none.

        Cost: once a kind, some milliseconds.
        """
        if family.state is None:
            return None
        known = (family.kind, family.edition, family.state)
        form = _FORMS.get(known)
        if form is None:
            # A release may fold otherwise into the same classes, so it tells its states apart.
            release: str = import_module(__name__.partition(".")[0]).__version__
            edition = f"{release}, {family.kind} {family.edition}"
            form = _FORMS[known] = StateForm(family.state, edition)
        return form

    def _label(self, stream: StreamId, version: int) -> str:
        return f"{stream} of {self.tenant} at {version}"
