from hypothesis import given
from hypothesis import strategies as st

from organiser.vision.detectors.places import gather

SIDE = st.floats(0, 500)
PLACE = st.tuples(SIDE, SIDE, SIDE, SIDE).map(lambda p: (p[0], p[1], p[0] + p[2], p[1] + p[3]))
PLACES = st.lists(PLACE, max_size=12)


def work(places, overhead):
    return sum((right - left + overhead) * (bottom - top + overhead) for left, top, right, bottom in places)


@given(PLACES, st.floats(0, 64))
def test_every_place_is_inside_one_that_is_looked_at(places, overhead):
    gathered = gather(places, overhead)
    for left, top, right, bottom in places:
        assert any(box[0] <= left and box[1] <= top and box[2] >= right and box[3] >= bottom for box in gathered)


@given(PLACES, st.floats(0, 64))
def test_gathering_never_adds_work_and_needs_no_second_round(places, overhead):
    gathered = gather(places, overhead)
    assert work(gathered, overhead) <= work(places, overhead) * (1 + 1e-9) + 1e-6
    assert sorted(gather(gathered, overhead)) == sorted(gathered)
