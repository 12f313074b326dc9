"""
Sharing an amount loses nothing, makes nothing, and favors nobody by more than a minor unit.
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData
from ordercore.money import Rounding, apportion, share

totals = st.integers(-(10**15), 10**15)
weight_lists = st.lists(st.integers(0, 10**15) | st.integers(0, 3), min_size=1, max_size=12)
modes = st.sampled_from(Rounding)


class TestApportion:
    @given(total=totals, weights=weight_lists)
    def test_the_shares_sum_to_the_total(self, total: int, weights: list[int]) -> None:
        shares = apportion(total, weights)
        assert (sum(shares), len(shares)) == (total, len(weights))

    @given(total=totals, weights=weight_lists)
    def test_each_share_is_less_than_one_from_the_exact_share(
        self, total: int, weights: list[int]
    ) -> None:
        effective = weights if any(weights) else [1] * len(weights)
        whole = sum(effective)
        for got, weight in zip(apportion(total, weights), effective, strict=True):
            assert abs(got * whole - total * weight) < whole

    @given(total=totals, weights=weight_lists)
    def test_shares_of_the_negative_are_the_negative_shares(
        self, total: int, weights: list[int]
    ) -> None:
        assert apportion(-total, weights) == tuple(-s for s in apportion(total, weights))

    @given(data=st.data(), weights=weight_lists)
    def test_no_share_exceeds_its_weight_while_the_total_does_not_exceed_their_sum(
        self, data: st.DataObject, weights: list[int]
    ) -> None:
        total = data.draw(st.integers(0, sum(weights)))
        shares = apportion(total, weights)
        assert all(0 <= got <= weight for got, weight in zip(shares, weights, strict=True))

    @given(total=totals, weights=weight_lists)
    def test_a_heavier_member_never_gets_less(self, total: int, weights: list[int]) -> None:
        shares = [abs(s) for s in apportion(total, weights)]
        by_weight = [s for _, s in sorted(zip(weights, shares, strict=True))]
        assert by_weight == sorted(by_weight)

    def test_among_equal_fractions_the_earlier_member_gets_the_cent(self) -> None:
        assert apportion(5, (1, 1, 1)) == (2, 2, 1)

    def test_weights_that_are_all_zero_count_as_equal(self) -> None:
        assert apportion(10, (0, 0, 0)) == (4, 3, 3)

    def test_nothing_is_shared_among_nobody(self) -> None:
        assert apportion(0, ()) == ()

    def test_an_amount_that_nobody_bears_is_refused(self) -> None:
        with pytest.raises(InvalidData, match="nobody bears 7"):
            apportion(7, ())

    def test_every_negative_weight_is_named(self) -> None:
        with pytest.raises(InvalidData) as caught:
            apportion(7, (1, -2, -3))
        assert caught.value.faults == ("weights[1]: -2 is below 0", "weights[2]: -3 is below 0")


class TestShare:
    @given(
        total=totals,
        quantity=st.integers(1, 10**6),
        cuts=st.lists(st.integers(0, 10**6), max_size=10),
        rounding=modes,
    )
    def test_pieces_add_up_to_the_total_however_they_are_cut(
        self, total: int, quantity: int, cuts: list[int], rounding: Rounding
    ) -> None:
        at = sorted({0, quantity, *(cut % (quantity + 1) for cut in cuts)})
        pieces = [share(total, quantity, a, b, rounding) for a, b in pairwise(at)]
        assert sum(pieces) == total

    @given(data=st.data(), total=totals, quantity=st.integers(1, 10**6), rounding=modes)
    def test_a_share_is_near_the_exact_one_and_mirrors_itself(
        self, data: st.DataObject, total: int, quantity: int, rounding: Rounding
    ) -> None:
        start = data.draw(st.integers(0, quantity))
        stop = data.draw(st.integers(start, quantity))
        got = share(total, quantity, start, stop, rounding)
        assert abs(got * quantity - total * (stop - start)) <= quantity
        assert share(-total, quantity, start, stop, rounding) == -got
        assert got * total >= 0

    @pytest.mark.parametrize(
        ("quantity", "start", "stop"), [(0, 0, 0), (3, -1, 1), (3, 2, 1), (3, 2, 4)]
    )
    def test_units_outside_the_quantity_are_refused(
        self, quantity: int, start: int, stop: int
    ) -> None:
        with pytest.raises(InvalidData):
            share(100, quantity, start, stop)

    def test_the_default_mode_rounds_halves_to_even(self) -> None:
        assert [share(3, 2, k, k + 1) for k in range(2)] == [2, 1]
        assert [share(1, 2, k, k + 1) for k in range(2)] == [0, 1]
