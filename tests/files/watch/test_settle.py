import doctest

from hypothesis import given
from hypothesis import strategies as st

from organiser.files import names
from organiser.files.watch import settle
from organiser.files.watch.settle import Settling


def test_a_file_that_stays_as_it_is_settles_after_the_delay():
    settling = Settling(delay=2.0)
    settling.touched("a.jpg", 10, 1, now=100.0)
    assert settling.due(101.9) == ()
    assert settling.due(102.0) == ("a.jpg",)
    assert settling.observed("a.jpg", 10, 1, now=102.0)
    assert len(settling) == 0


def test_a_file_that_grew_meanwhile_starts_anew():
    settling = Settling(delay=2.0)
    settling.touched("a.jpg", 10, 1, now=0.0)
    assert not settling.observed("a.jpg", 20, 1, now=2.0)
    assert settling.due(3.9) == ()
    assert settling.observed("a.jpg", 20, 1, now=4.0)


def test_a_file_rewritten_at_the_same_size_starts_anew():
    settling = Settling(delay=2.0)
    settling.touched("a.jpg", 10, 1, now=0.0)
    assert not settling.observed("a.jpg", 10, 2, now=2.0)


def test_every_event_starts_the_quiet_time_anew():
    settling = Settling(delay=2.0)
    for second in range(10):
        settling.touched("a.jpg", 10, 1, now=float(second))
        assert settling.due(float(second)) == ()
    assert settling.next_due == 11.0


def test_files_fall_due_in_the_order_of_their_last_touch():
    settling = Settling(delay=2.0)
    settling.touched("a.jpg", 1, 1, now=0.0)
    settling.touched("b.jpg", 1, 1, now=0.5)
    settling.touched("a.jpg", 1, 1, now=1.0)
    assert settling.next_due == 2.5
    assert settling.due(2.9) == ("b.jpg",)
    assert settling.due(3.0) == ("b.jpg", "a.jpg")


def test_a_file_that_vanished_or_proved_complete_is_forgotten():
    settling = Settling(delay=2.0)
    settling.touched("a.jpg", 1, 1, now=0.0)
    settling.drop("a.jpg")
    settling.drop("never seen.jpg")
    assert settling.next_due is None
    assert "a.jpg" not in settling


def test_a_folder_that_vanished_takes_its_files_along():
    settling = Settling(delay=2.0)
    for path in ("sub/a.jpg", "sub/deep/b.jpg", "subway/c.jpg"):
        settling.touched(path, 1, 1, now=0.0)
    settling.drop_below("sub")
    assert list(settling) == ["subway/c.jpg"]


@given(st.lists(st.tuples(st.sampled_from(["touch", "detect", "write"]), st.integers(0, 3)), max_size=40))
def test_a_file_never_settles_within_the_delay_of_a_change(steps):
    settling = Settling(delay=2.0)
    now, size, changed = 0.0, 0, 0.0
    settling.touched("a.jpg", size, 0, now)
    for action, pause in steps:
        now += pause
        if action == "write":
            size, changed = size + 1, now
        elif action == "touch":
            settling.touched("a.jpg", size, 0, now)
        else:
            for path in settling.due(now):
                known = path in settling
                if settling.observed(path, size, 0, now):
                    assert known
                    assert now >= changed
                    settling.touched("a.jpg", size, 0, now)


def test_the_examples_in_the_text_are_true():
    assert doctest.testmod(settle).failed == 0
    assert doctest.testmod(names).failed == 0
