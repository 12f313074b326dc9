"""
The rules of stock, as frozen data: what is kept back, promised beyond stock, or not counted.

A :class:`StockRule` says something about a scope: a SKU or a category, a place, a channel, some
days, each optional. Many rules may apply at once. Each number is settled for itself: of the
applying rules that speak of it, the most specific decides, in this total order:

1. a rule that names the SKU, before one that names its category, before one that names neither;
2. then a rule that names the place, before one that does not;
3. then a rule that names the channel, before one that does not;
4. then a rule with days, before one without;
5. then the rule that was declared first.

Say these rules stand, and the safety stock of MUG (category ``cups``) is asked:

    | n | names                        | safety |
    | - | ---------------------------- | ------ |
    | 1 | nothing                      |      1 |
    | 2 | category cups                |      2 |
    | 3 | category cups, place berlin  |      3 |
    | 4 | SKU MUG                      |      4 |
    | 5 | SKU MUG, channel web         |      5 |
    | 6 | SKU MUG, place berlin        |      6 |
    | 7 | SKU MUG, place berlin, in May|      7 |

    | asked                   | apply               | decides |
    | ----------------------- | ------------------- | ------- |
    | MUG, lyon, till, June   | 1, 2, 4             |       4 |
    | MUG, lyon, web, June    | 1, 2, 4, 5          |       5 |
    | MUG, berlin, web, June  | 1, 2, 3, 4, 5, 6    |       6 |
    | MUG, berlin, web, May   | all                 |       7 |
    | TEE (cups), berlin, May | 1, 2, 3             |       3 |
    | TIN (no category), lyon | 1                   |       1 |

So the SKU outweighs the place, and the place the channel: rule 4 beats rule 3 even in Berlin. A
rule does not shade what it is silent about: a SKU's backorder cap leaves the category's safety
stock as it is.

Days are days of UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, cast

import attrs

from ordercore.errors import InvalidDefinition
from ordercore.ids import PlaceId, Sku
from ordercore.money import QUANTITY_MAX

__all__ = ["NO_TERMS", "ChannelPlaces", "StockRule", "StockRules", "StockTerms", "TermsByPlace"]


@attrs.frozen(kw_only=True)
class StockTerms:
    """
    What the rules come to for one SKU, place, channel and day.

    Attributes:
        safety: Units kept back from everybody.
        buffer: Further units kept back from this channel.
        low_at: From how many available units downward stock is low; 0 for never.
        tracked: Whether its units are counted at all.
        backorder_cap: How far below zero on hand the promises may go together; 0 for not at all.
        preorder_limit: How many units may be promised against expected supply; 0 for none.
        ships_by: By which day preordered units are promised to leave; None where none are.
    """

    safety: int = 0
    buffer: int = 0
    low_at: int = 0
    tracked: bool = True
    backorder_cap: int = 0
    preorder_limit: int = 0
    ships_by: date | None = None

    @property
    def kept(self) -> int:
        """
        What must stay: the guard of a promise that is filled from what is available.

        """
        return self.safety + self.buffer

    @property
    def floor(self) -> int:
        """
        The guard of a promise that may wait: minus the backorder cap, or what must stay.

        A SKU that may be backordered may be promised down to its cap; its safety stock then
        decides only from where on a promise has to wait for a receipt.
        """
        return -self.backorder_cap if self.backorder_cap else self.kept


#: Everything on hand may be promised, and nothing beyond.
NO_TERMS: Final = StockTerms()


@attrs.frozen(kw_only=True)
class StockRule:
    """
    Something the shop says about the stock of a scope. None leaves it to a wider rule.

    Attributes:
        sku: Only this SKU.
        category: Only products of this category; a rule names a SKU or a category, not both.
        place: Only at this place.
        channel: Only for this channel.
        since: From this day on.
        until: Up to this day, which is included.
        safety: Units kept back from everybody.
        buffer: Units kept back from the channel, on top.
        low_at: From how many available units downward stock is low.
        tracked: Whether units are counted. May depend on SKU or category alone: an order must be
            able to rely on it from its placement to its last return.
        backorder_cap: How many units may be promised beyond what is on hand.
        preorder_limit: How many units may be promised against expected supply.
        ships_by: By which day they are promised to leave; comes with a limit above 0.

    Raises:
        InvalidDefinition: It says nothing, contradicts itself, or a number is out of range.
    """

    sku: Sku | None = attrs.field(default=None, converter=attrs.converters.optional(Sku))
    category: str | None = None
    place: PlaceId | None = attrs.field(default=None, converter=attrs.converters.optional(PlaceId))
    channel: str | None = None
    since: date | None = None
    until: date | None = None
    safety: int | None = None
    buffer: int | None = None
    low_at: int | None = None
    tracked: bool | None = None
    backorder_cap: int | None = None
    preorder_limit: int | None = None
    ships_by: date | None = None

    def __attrs_post_init__(self) -> None:
        fault = self._fault()
        if fault is not None:
            raise InvalidDefinition(f"stock rule: {fault}")

    def applies(self, place: str, channel: str, on: date) -> bool:
        """
        Say whether the rule speaks of a place, channel and day; SKU and category aside.

        """
        return (
            self.place in {None, place}
            and self.channel in {None, channel}
            and (self.since is None or self.since <= on)
            and (self.until is None or on <= self.until)
        )

    @property
    def specificity(self) -> tuple[int, bool, bool, bool]:
        """
        How narrow the scope is, to be compared; the higher decides.

        """
        return (
            2 if self.sku is not None else 1 if self.category is not None else 0,
            self.place is not None,
            self.channel is not None,
            self.since is not None or self.until is not None,
        )

    def _fault(self) -> str | None:
        if all(getattr(self, name) is None for name in _SAID):
            return "it says nothing"
        for name in _COUNTED:
            units: int | None = getattr(self, name)
            if units is not None and not 0 <= units <= QUANTITY_MAX:
                return f"{name} is {units}, legal is 0 to {QUANTITY_MAX}"
        if "" in {self.sku, self.category, self.place, self.channel}:
            return "a name in its scope is empty; leave it out for all"
        if self.sku is not None and self.category is not None:
            return f"it names SKU {self.sku} and category {self.category}; name one"
        if self.since is not None and self.until is not None and self.until < self.since:
            return f"it ends on {self.until}, before it begins on {self.since}"
        if self.tracked is not None and any(self.specificity[1:]):
            return "tracked depends on place, channel or days; it may depend on the SKU alone"
        if (self.preorder_limit or 0) > 0 and self.ships_by is None:
            return "a preorder limit promises no day; give ships_by"
        if self.ships_by is not None and not self.preorder_limit:
            return "ships_by belongs to a preorder limit above 0"
        return None


@attrs.frozen
class ChannelPlaces:
    """
    The places that serve a channel.

    """

    channel: str
    places: tuple[PlaceId, ...]


def _channels(
    given: Mapping[str, Iterable[str]] | Iterable[ChannelPlaces],
) -> tuple[ChannelPlaces, ...]:
    rows: Iterable[ChannelPlaces]
    if isinstance(given, Mapping):
        named = cast("Mapping[str, Iterable[str]]", given)
        rows = (ChannelPlaces(name, tuple(map(PlaceId, some))) for name, some in named.items())
    else:
        rows = given
    return tuple(sorted(rows, key=lambda row: row.channel))


def _rules(given: Iterable[StockRule]) -> tuple[StockRule, ...]:
    return tuple(given)


@attrs.frozen
class TermsByPlace:
    """
    The terms of one SKU, channel and day: one for all places but those that rules name.

    """

    elsewhere: StockTerms
    named: Mapping[str, StockTerms]

    def at(self, place: str) -> StockTerms:
        """
        Return the terms at a place.

        """
        return self.named.get(place, self.elsewhere)


_Subject = tuple[str, str]
_COUNTED: Final = ("safety", "buffer", "low_at", "backorder_cap", "preorder_limit")
_SAID: Final = (*_COUNTED, "tracked", "ships_by")


def _by_subject(rules: "StockRules") -> Mapping[_Subject, tuple[StockRule, ...]]:
    found: defaultdict[_Subject, list[StockRule]] = defaultdict(list)
    for rule in rules.rules:
        found[rule.sku or "", rule.category or ""].append(rule)
    # Sorting keeps the declared order of equals.
    return {
        subject: tuple(sorted(some, key=lambda rule: rule.specificity, reverse=True))
        for subject, some in found.items()
    }


@attrs.frozen(kw_only=True)
class StockRules:
    """
    All rules of a shop's stock, and which places serve which channel.

    Attributes:
        rules: In the order in which they are declared, which decides between equals.
        channels: Which places serve a channel; a mapping of channel to places will do. A channel
            that is not named is served by all places, and so is who names no channel.

    Raises:
        InvalidDefinition: A channel is there twice or without a name.
    """

    rules: tuple[StockRule, ...] = attrs.field(default=(), converter=_rules)
    channels: tuple[ChannelPlaces, ...] = attrs.field(default=(), converter=_channels)
    _subjects: Mapping[_Subject, tuple[StockRule, ...]] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_by_subject, takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        names = [row.channel for row in self.channels]
        if "" in names or len(names) != len(set(names)):
            raise InvalidDefinition(f"stock rules: channels {names} must have a name each, once")

    @property
    def preorders(self) -> bool:
        """
        Whether any rule lets anything be promised of what is expected.

        """
        return any(rule.preorder_limit for rule in self.rules)

    def serves(self, channel: str, place: str) -> bool:
        """
        Say whether a place serves a channel.

        """
        row = next((row for row in self.channels if row.channel == channel), None)
        return row is None or place in row.places

    def tracked(self, sku: str, category: str = "") -> bool:
        """
        Say whether the units of a SKU are counted at all; untracked ones are always there.

        """
        said = (rule.tracked for rule in self._speaking_of(sku, category))
        return next((tracked for tracked in said if tracked is not None), True)

    def terms(self, sku: str, category: str, channel: str, on: date) -> TermsByPlace:
        """
        Settle the terms of a SKU for all places at once.

        Cost: O(rules that name the SKU, its category or neither), a further pass a place named.
        """
        rules = self._speaking_of(sku, category)
        places = {rule.place for rule in rules if rule.place is not None}
        return TermsByPlace(
            elsewhere=_settle(rules, "", channel, on),
            named={place: _settle(rules, place, channel, on) for place in sorted(places)},
        )

    def terms_for(self, sku: str, category: str, place: str, channel: str, on: date) -> StockTerms:
        """
        Settle the terms of a SKU at one place, for a channel, on a day.

        Args:
            sku: Which SKU.
            category: That of its product, or empty.
            place: Where.
            channel: For whom, or empty for nobody in particular: rules of channels don't apply.
            on: The day.
        """
        return _settle(self._speaking_of(sku, category), place, channel, on)

    def _speaking_of(self, sku: str, category: str) -> tuple[StockRule, ...]:
        """
        Return the rules of a SKU, the most specific first: of the SKU, its category, of all.

        """
        known = self._subjects
        of_category = known.get(("", category), ()) if category else ()
        return (*known.get((sku, ""), ()), *of_category, *known.get(("", ""), ()))


def _settle(rules: tuple[StockRule, ...], place: str, channel: str, on: date) -> StockTerms:
    said: dict[str, Any] = {}
    for rule in rules:
        if rule.applies(place, channel, on):
            for name in _SAID:
                value: Any = getattr(rule, name)
                if value is not None:
                    said.setdefault(name, value)
    if not said.get("preorder_limit"):
        said.pop("ships_by", None)
    return attrs.evolve(NO_TERMS, **said) if said else NO_TERMS
