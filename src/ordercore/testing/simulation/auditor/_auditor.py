"""
The auditor: predicts the reply to every command and compares what was written with its model.

Theory of operation
===================
The simulator tells when a submission begins and ends, and every commit that the store has
accepted, in the store's order. A commit is the answer to a command, and the model must have given
the same one:

accepted
    as things stand, for a commit is judged against the present: the stream's version and the
    ledger's guards are checked in it. Only what the engine chose by what it had read (a plan, how
    many units were beyond the record) may rest on a moment since the submission began.
refused
    now or at some moment since the submission began, for decisions are made on what may be out of
    date. While a submission is under way, its answer is predicted anew right before whatever it
    depends on changes.

Then the model moves by what the command means, and is compared: with the engine's own fold of the
stream, with the holds that the ledger's steps have made and ended, and with the balances of the
accounts that the model or the commit has touched.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ordercore.catalog import Product
from ordercore.engine import KINDS
from ordercore.errors import InvalidDefinition
from ordercore.grammar import Command
from ordercore.ids import CommandId, OrderId, PlaceId, Sku, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.orders import Order, PlaceOrder, RecordOutcome, Rules
from ordercore.ports import Commit, Receipt, Store
from ordercore.testing.simulation.auditor import _violation as v
from ordercore.testing.simulation.auditor._case import Case, Shop, Told
from ordercore.testing.simulation.auditor._conclusions import conclude
from ordercore.testing.simulation.auditor._flights import Flights
from ordercore.testing.simulation.auditor._full import check_all
from ordercore.testing.simulation.auditor._holds import Holds
from ordercore.testing.simulation.auditor._pictures import check_ended, compare
from ordercore.testing.simulation.auditor._provider import check_provider
from ordercore.testing.simulation.auditor._rest import waits_for, waits_for_person
from ordercore.testing.simulation.auditor._rules import (
    RULES,
    holder_of,
    is_modeled,
    stream_of,
)
from ordercore.testing.simulation.auditor._shapes import ShadowOrder
from ordercore.testing.simulation.auditor._texts import check_texts

__all__ = ["Auditor"]


class Auditor:
    """
    A naive model of one tenant's shop, beside its store.

    Args:
        tenant: Whose.
        store: Where balances and streams are read; nothing is ever written.
        rules: The shop's rules. Those of stock must be empty.
        products: The catalog; no kits.
        places: Every place, each of which serves every destination.
        rate: What a package of so many units from a place costs the shop, by which plans are
            judged; None leaves them unjudged.

    Attributes:
        checks: How often each invariant was checked.
        orders: What the model believes, by order.

    Raises:
        InvalidDefinition: The shop has what the model does not know: rules of stock, or kits.
    """

    def __init__(  # noqa: PLR0917 - what a shop is made of
        self,
        tenant: TenantId,
        store: Store,
        rules: Rules,
        products: Mapping[Sku, Product],
        places: Sequence[PlaceId],
        rate: Callable[[PlaceId, int], int] | None = None,
    ) -> None:
        if rules.stock.rules or rules.stock.channels:
            raise InvalidDefinition("auditor: it knows no rules of stock")
        if kits := sorted(sku for sku, product in products.items() if product.is_kit):
            raise InvalidDefinition(f"auditor: it knows no kits: {', '.join(kits)}")
        self.checks: Counter[str] = Counter()
        self._tenant = tenant
        self._store = store
        self._shop = Shop(rules=rules, products=products, places=tuple(places), rate=rate)
        self._holds = Holds()
        self._flights = Flights(self._shop)
        self._written: set[CommandId] = set()
        self._strangers: set[str] = set()
        self._folds: dict[StreamId, Any] = {}
        self._versions: dict[StreamId, int] = {}

    @property
    def orders(self) -> Mapping[OrderId, ShadowOrder]:
        """
        What the model believes.

        """
        return self._shop.orders  # type: ignore[return-value]  # an OrderId is a string

    def begun(self, command_id: CommandId, command: Command, at: Instant) -> None:
        """
        Hear that a submission is under way in some process.

        """
        del at  # what is refused is judged by the instant of its own decision
        self._flights.begun(command_id, command)

    def ended(self, command_id: CommandId, at: Instant) -> None:
        """
        Hear that a submission was answered, has crashed or was given up.

        """
        del at
        self._flights.ended(command_id)

    def wrote(self, commit: Commit) -> None:
        """
        Hear that the store has accepted a commit, right after it has.

        Raises:
            Violation: It is not what the model predicts, or breaks an invariant.
        """
        receipt = commit.receipt
        self._check_envelope(commit)
        about = getattr(receipt.command, "order_id", None)
        if about in self._strangers or not is_modeled(receipt.command):
            self._let_through(commit)
            return
        if receipt.rejected is not None:
            self._check_refusal(receipt)
            return
        self._flights.remember(commit)
        case = self._accept(commit)
        self._compare(commit, case)

    def check(self, at: Instant) -> int:
        """
        Compare everything with the store, in full; returns how many single checks that were.

        Cost: reads the whole store once.

        Raises:
            Violation: Something differs.
        """
        before = self.checks.total()
        check_all(self._tenant, self._store, self._shop, self._holds, at, self.checks)
        for stream, state in self._folds.items():
            history = self._store.load(self._tenant, stream)
            self.checks[v.VERSIONS] += len(history)
            if [row.version for row in history] != list(range(1, self._versions[stream] + 1)):
                raise v.Violation(
                    v.VERSIONS, stream, f"1 to {self._versions[stream]}", len(history)
                )
            again = KINDS.of_stream(stream).fold(row.event for row in history)
            self.checks[v.FOLD] += 1
            if again != state:
                raise v.Violation(v.FOLD, stream, "what was told", "other facts")
            if isinstance(again, Order) and again.id in self._shop.orders:
                self.checks[v.FOLD] += compare(self._shop.orders[again.id], again)
        return self.checks.total() - before

    def at_rest(self, order_id: OrderId) -> str:
        """
        Say what an order waits for; "" where it has ended and owes nothing, or a person was asked.

        What a person was asked says :meth:`waits_for_person`.
        """
        return waits_for(self._shop.orders[order_id])

    def waits_for_person(self, order_id: OrderId) -> str:
        """
        Say what a person was asked about an order, and why; "" where nobody was.

        """
        return waits_for_person(self._shop.orders[order_id])

    def provider_agrees(self, actions: Mapping[str, int], kept_minor: Mapping[str, int]) -> None:
        """
        Compare with the providers' own books, once all is at rest.

        Args:
            actions: How often something was really done under each key.
            kept_minor: What was captured less what was refunded, by order.

        Raises:
            Violation: Something was done twice, or under a key that nobody knows; or money moved
                of which the order knows nothing.
        """
        self.checks[v.ORPHANS] += check_provider(self._shop.orders, actions, kept_minor)

    # --- what holds of every commit ----------------------------------------------------------

    def _check_envelope(self, commit: Commit) -> None:
        receipt, checks = commit.receipt, self.checks
        name = receipt.command_id
        checks[v.TENANT] += 1
        if commit.tenant != self._tenant:
            raise v.Violation(v.TENANT, name, f"of {self._tenant}", f"of {commit.tenant}")
        checks[v.ONCE] += 1
        if name in self._written:
            raise v.Violation(v.ONCE, name, "written once", "written again")
        flight = self._flights.of(name)
        if flight is not None and receipt.command not in flight.commands:
            raise v.Violation(v.ONCE, name, flight.commands, receipt.command)
        self._written.add(name)
        checks[v.ACTOR] += 1
        if not getattr(commit.actor, "id", ""):
            raise v.Violation(v.ACTOR, name, "an actor", commit.actor)
        checks[v.INSTANTS] += 1
        if receipt.at.utcoffset() is None:
            raise v.Violation(v.INSTANTS, name, "an aware instant", receipt.at)
        checks[v.CARDS] += check_texts(name, (receipt.command, commit.events))
        stream = receipt.stream
        if stream is None:
            return
        if stream != (stream_of(receipt.command) or stream):
            raise v.Violation(v.TENANT, name, stream_of(receipt.command), stream)
        if receipt.rejected is not None:
            return
        checks[v.VERSIONS] += 1
        known = self._versions.get(stream, 0)
        counted = receipt.from_version + len(commit.events)
        if receipt.from_version != known or receipt.to_version != counted:
            found = f"{receipt.from_version} to {receipt.to_version}"
            raise v.Violation(v.VERSIONS, stream, f"{known} to {known + len(commit.events)}", found)
        self._versions[stream] = receipt.to_version

    def _let_through(self, commit: Commit) -> None:
        """
        Count what the model does not know. Its stream is folded all the same.

        Purchases, transfers, counts and whatever else moves units on the shelf are left out of the
        model: a shop that uses them is not for this auditor, and the next comparison says so.
        """
        self.checks[v.UNMODELED] += 1
        receipt = commit.receipt
        if receipt.rejected is None:
            if isinstance(receipt.command, PlaceOrder):
                self._strangers.add(receipt.command.order_id)
            self._holds.write(commit.steps, receipt.at, "")
            if receipt.stream is not None:
                self._fold(receipt.stream, commit)

    def _fold(self, stream: StreamId, commit: Commit) -> Any:  # noqa: ANN401 - any kind of stream
        state = self._folds.get(stream)
        if commit.events:
            state = self._folds[stream] = KINDS.of_stream(stream).fold(commit.events, state)
        return state

    # --- answers -----------------------------------------------------------------------------

    def _check_refusal(self, receipt: Receipt) -> None:
        assert receipt.rejected is not None  # noqa: S101 - the caller has looked
        self.checks[v.REPLY] += 1
        answers = self._flights.answers(receipt)
        if receipt.rejected.code not in answers:
            subject = f"{receipt.command_id} ({receipt.command})"
            raise v.Violation(v.REPLY, subject, sorted(answers), f"refused: {receipt.rejected}")

    def _accept(self, commit: Commit) -> Case:
        """
        Move the model by the meaning of an accepted command.
        """
        receipt = commit.receipt
        case = Case(
            command=receipt.command,
            at=receipt.at,
            shop=self._shop,
            stock=self._shop.stock,
            told=Told(commit),
            views=self._flights.views(receipt),
        )
        self.checks[v.REPLY] += 1
        rule = RULES[type(receipt.command)](case)
        try:
            for _ in rule:
                pass
        except v.No as refusal:
            found = f"accepted: {receipt.command}"
            raise v.Violation(
                v.REPLY, receipt.command_id, f"refused: {refusal.code}", found
            ) from None
        return case

    # --- comparing ---------------------------------------------------------------------------

    def _compare(self, commit: Commit, case: Case) -> None:
        receipt, checks = commit.receipt, self.checks
        stream, command = receipt.stream, receipt.command
        if isinstance(command, RecordOutcome):
            checks[v.PERMUTED] += 1
        touched = self._holds.write(commit.steps, receipt.at, holder_of(command))
        checks[v.HOLDS] += len(commit.steps)
        if stream is not None:
            self._compare_order(stream, commit, case)
        wrote = commit.events or commit.steps
        if bool(wrote) != case.changed:
            words = ("nothing new", "something new")
            raise v.Violation(v.REPLY, receipt.command_id, words[case.changed], words[bool(wrote)])
        self._compare_balances(touched, receipt.at, command)

    def _compare_order(self, stream: StreamId, commit: Commit, case: Case) -> None:
        model = self._shop.orders[commit.receipt.command.order_id]  # type: ignore[attr-defined]
        conclude(case, model)
        before = self._folds.get(stream)
        after = self._fold(stream, commit)
        if after is None:
            raise v.Violation(v.FOLD, stream, "an order", "none")
        if before is not None:
            self.checks[v.TERMINAL] += check_ended(before, after)
        sections = compare(model, after)
        for invariant in v.COMPARED:
            self.checks[invariant] += 1
        self.checks[v.FOLD] += sections - len(v.COMPARED)
        self._flights.searched(model)
        self._check_currency(model, commit)
        self._check_holds(model)

    def _check_currency(self, model: ShadowOrder, commit: Commit) -> None:
        for event in commit.events:
            currency = getattr(event, "currency", model.currency)
            self.checks[v.CURRENCY] += 1
            if currency != model.currency:
                raise v.Violation(v.CURRENCY, model.order_id, model.currency, currency)

    def _check_holds(self, model: ShadowOrder) -> None:
        self.checks[v.ROWS] += 1
        expected: dict[str, int] = {}
        for unit in model.units():
            if unit.state in {"promised", "waiting"}:
                name = f"promise|available|{unit.sku}|{unit.place}|"
                expected[name] = expected.get(name, 0) + 1
        found = self._holds.sums(f"order/{model.order_id}")
        if expected != found:
            raise v.Violation(v.ROWS, model.order_id, expected, found)

    def _compare_balances(self, touched: set[str], at: Instant, command: Command) -> None:
        stock, checks = self._shop.stock, self.checks
        accounts: set[Any] = touched | stock.touched
        if not accounts:
            return
        stock.touched.clear()
        for account, found in self._store.balances(self._tenant, accounts, at).items():
            expected = stock.balance(account, at)
            invariant = v.BALANCES[account.split("|", 1)[0]]
            checks[invariant] += 1
            sellable = account.startswith("promise|available|")
            checks[v.OVERSELL] += sellable
            if expected != found:
                if sellable and found.available < min(expected.available, 0):
                    invariant = v.OVERSELL
                raise v.Violation(invariant, f"{account} after {command}", expected, found)
