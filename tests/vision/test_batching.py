from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.vision.batching import runs

SIZES = st.lists(st.integers(2, 64), max_size=4, unique=True).map(lambda found: (*sorted(found, reverse=True), 1))


@given(st.integers(0, 2000), SIZES)
def test_batches_hold_exactly_the_crops_in_prepared_sizes_largest_first(total, sizes):
    batches = runs(total, sizes)
    assert sum(batches) == total
    assert set(batches) <= set(sizes)
    assert all(first >= then for first, then in pairwise(batches))


@given(st.integers(0, 2000), SIZES)
def test_no_size_is_used_where_a_larger_would_do(total, sizes):
    for larger, smaller in pairwise(sizes):
        assert runs(total, sizes).count(smaller) * smaller < larger


@pytest.mark.parametrize("sizes", [(), (32, 8), (1, 8), (8, 1, 1, 2)])
def test_sizes_that_cannot_hold_every_total_are_refused(sizes):
    with pytest.raises(ValueError, match="descend to 1"):
        runs(5, sizes)
