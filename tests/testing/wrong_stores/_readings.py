"""Stores that are wrong about what they tell."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import attrs

from ordercore.errors import InvalidData, Rejected
from ordercore.ports import Commit
from ordercore.testing._store_trial import SHOP
from tests.testing.wrong_stores._base import Wrong, crowded


class FeedingByStream(Wrong):
    def feed(self, tenant: Any, after: int, limit: int) -> Any:
        every = sorted(self.right.feed(tenant, 0, 999), key=lambda r: r.stream)
        numbered = [attrs.evolve(r, position=n) for n, r in enumerate(every, 1)]
        return numbered[after:][: max(limit, 0)]


class FeedingWithoutLimit(Wrong):
    def feed(self, tenant: Any, after: int, limit: int) -> Any:
        return self.right.feed(tenant, after, 999)


class ListingNaturally(Wrong):
    def streams(self, tenant: Any) -> Any:
        return iter(sorted(self.right.streams(tenant), key=lambda name: (len(name), name)))


class GivingReferencesAway(Wrong):
    def __init__(self) -> None:
        super().__init__()
        self.last: dict[tuple[Any, str], Any] = {}

    def commit(self, commit: Commit) -> Any:
        receipt = self.right.commit(commit)
        for event in commit.events:
            for reference in event.references:
                self.last[commit.tenant, reference] = commit.receipt.stream
        return receipt

    def find(self, tenant: Any, reference: str) -> Any:
        return self.last.get((tenant, reference))


class IteratingOverWhatChanges(Wrong):
    def entries(self, tenant: Any, *of: Any, **asked: Any) -> Iterator[Any]:
        last = self.right.last_position(tenant)
        for entry in self.right.entries(tenant, *of, **asked):
            if self.right.last_position(tenant) != last:
                raise RuntimeError("changed during iteration")
            yield entry


class HoldsOfAnyTenant(Wrong):
    def pendings(self, _: Any, *of: Any, **asked: Any) -> Any:
        return self.right.pendings(SHOP, *of, **asked)


class FindingForAnyTenant(Wrong):
    def find(self, _: Any, reference: str) -> Any:
        return self.right.find(SHOP, reference)


class WelcomingReaders(Wrong):
    def __init__(self) -> None:
        super().__init__()
        self.readers: set[str] = set()

    def load(self, tenant: Any, *of: Any) -> Any:
        self.readers.add(tenant)
        return self.right.load(tenant, *of)

    def tenants(self) -> Any:
        return sorted({*self.right.tenants(), *self.readers})


class TellingTheLastAgain(Wrong):
    def consume(self, tenant: Any, consumer: str, handle: Any, limit: int = 100) -> Any:
        def again(events: Any, connection: Any) -> None:
            handle(events if len(events) > 1 else events * 2, connection)

        return self.right.consume(tenant, consumer, again, limit)


class CallingForNothing(Wrong):
    def consume(self, tenant: Any, consumer: str, handle: Any, limit: int = 100) -> Any:
        handled = self.right.consume(tenant, consumer, handle, limit)
        if not handled:
            handle((), None)
        return handled


class OnePositionForAll(Wrong):
    def consumed(self, tenant: Any, consumer: str) -> Any:
        return max(self.right.consumed(tenant, name) for name in (consumer, "search"))


class MovingBeforeHandling(Wrong):
    def consume(self, tenant: Any, consumer: str, handle: Any, limit: int = 100) -> Any:
        try:
            return self.right.consume(tenant, consumer, handle, limit)
        except LookupError:
            self.right.advance(tenant, consumer, after=0, to=1)
            raise


class TellingEachThread(Wrong):
    def consume(self, tenant: Any, consumer: str, handle: Any, limit: int = 100) -> Any:
        def told(events: Any, connection: Any) -> None:
            handle(events * 2 if crowded() else events, connection)

        return self.right.consume(tenant, consumer, told, limit)


class MovingInWords(Wrong):
    def advance(self, *of: Any, **asked: Any) -> Any:
        return self.right.advance(*of, **asked) or True


class NeverMovingBack(Wrong):
    def advance(self, *of: Any, after: int, to: int) -> Any:
        return to != 0 and self.right.advance(*of, after=after, to=to)


class StayingInSilence(Wrong):
    def advance(self, *of: Any, **asked: Any) -> Any:
        try:
            return self.right.advance(*of, **asked)
        except InvalidData:
            return False


class Archiving(Wrong):
    """Remembers what was archived."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[Any, int] = {}

    def archive(self, tenant: Any, stream: Any) -> Any:
        moved = self.right.archive(tenant, stream)
        self.moved[stream] = self.moved.get(stream, 0) + moved
        return moved


class ListingPresentStreams(Archiving):
    def streams(self, tenant: Any) -> Any:
        return (stream for stream in self.right.streams(tenant) if stream not in self.moved)


class ReadingPresentFacts(Archiving):
    def load(self, tenant: Any, stream: Any, after: int = 0) -> Any:
        every = self.right.load(tenant, stream)
        grown = len(every) > self.moved.get(stream, 0)
        return every[max(after, self.moved.get(stream, 0) if grown else 0) :]


class CountingPresentFacts(Archiving):
    def feed(self, tenant: Any, *of: Any) -> Any:
        gone = 1 if len(self.moved) > 1 else 0
        return [attrs.evolve(r, position=r.position - gone) for r in self.right.feed(tenant, *of)]


class ArchivingWhatWaits(Wrong):
    def archivable(self, tenant: Any, before: Any, after: str, limit: int) -> Any:
        waiting = self.right.waiting(tenant, after, limit)
        return sorted({*self.right.archivable(tenant, before, after, limit), *waiting})


class OfferingFromTheBeginning(Wrong):
    def archivable(self, tenant: Any, before: Any, after: str, limit: int) -> Any:
        return self.right.archivable(tenant, before, "", limit)


class Holding(Wrong):
    """Holds by a rule of its own."""

    inside = False

    @contextmanager
    def hold(self, tenant: Any) -> Iterator[None]:
        with self.right.hold(tenant):
            self.inside = True
            try:
                yield
            except LookupError:
                self.failed()
                raise
            finally:
                self.inside = False

    def failed(self) -> None:
        pass


class ReadingFromBeforeTheHold(Holding):
    def __init__(self) -> None:
        super().__init__()
        self.seen: Any = None

    def balances(self, *asked: Any) -> Any:
        if not self.inside:
            return self.right.balances(*asked)
        self.seen = self.seen or self.right.balances(*asked)
        return self.seen


class HoldingNobody(Wrong):
    def hold(self, tenant: Any) -> AbstractContextManager[None]:
        return nullcontext()


class UndoingHolds(Holding):
    undone = False

    def failed(self) -> None:
        self.undone = True

    def load(self, *asked: Any) -> Any:
        return () if self.undone else self.right.load(*asked)


class EndingHoldsByRefusals(Holding):
    refused = False

    def commit(self, commit: Commit) -> Any:
        if self.refused:
            raise RuntimeError("the transaction is over")
        try:
            return self.right.commit(commit)
        except Rejected:
            self.refused = self.inside
            raise


WRONG_READINGS: dict[str, Callable[[], Any]] = {
    "the_feed_counts_from_one_in_commit_order": FeedingByStream,
    "the_feed_is_read_page_by_page": FeedingWithoutLimit,
    "streams_are_listed_in_order_of_id": ListingNaturally,
    "a_reference_belongs_to_the_stream_that_declared_it_first": GivingReferencesAway,
    "an_iteration_survives_what_is_written_meanwhile": IteratingOverWhatChanges,
    "tenants_may_use_the_same_names": HoldsOfAnyTenant,
    "what_one_tenant_writes_another_does_not_see": FindingForAnyTenant,
    "who_only_reads_is_no_tenant": WelcomingReaders,
    "a_consumer_is_told_each_fact_once_and_in_order": TellingTheLastAgain,
    "a_handler_is_not_called_for_nothing": CallingForNothing,
    "consumers_go_their_own_ways": OnePositionForAll,
    "a_handler_that_fails_is_told_the_same_again": MovingBeforeHandling,
    "consumers_at_once_under_one_name_share_the_feed": TellingEachThread,
    "who_handles_elsewhere_learns_that_another_was_faster": MovingInWords,
    "a_projection_is_built_anew_from_the_beginning": NeverMovingBack,
    "a_consumer_is_not_moved_where_there_is_no_fact": StayingInSilence,
    "what_is_archived_reads_as_before": ListingPresentStreams,
    "an_archived_stream_goes_on_where_it_stood": ReadingPresentFacts,
    "positions_are_never_given_out_twice": CountingPresentFacts,
    "only_what_is_quiet_is_offered_for_the_archive": ArchivingWhatWaits,
    "the_archivable_are_offered_page_by_page_once": OfferingFromTheBeginning,
    "inside_a_hold_reads_and_a_commit_see_one_state": ReadingFromBeforeTheHold,
    "a_hold_keeps_other_writers_out": HoldingNobody,
    "what_was_committed_inside_a_hold_stays_however_it_ends": UndoingHolds,
    "a_refusal_inside_a_hold_leaves_it_open": EndingHoldsByRefusals,
}
