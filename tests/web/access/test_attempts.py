"""Guesses are few, then slow, from one address and from all; memory is bounded."""

from dataclasses import dataclass

from organiser.web.access.attempts import Attempts


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(20):
        attempts.failed("a")
        waits.append(attempts.wait("a"))
        clock.now += attempts.wait("a")
    assert waits[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert waits[-1] == 900


def test_another_address_guesses_on_until_all_guess_too_often() -> None:
    attempts = Attempts(Clock())
    for _ in range(10):
        attempts.failed("a")
    assert attempts.wait("a") > 0
    assert attempts.wait("b") == 0
    for number in range(60):
        attempts.failed(f"address {number}")
    assert 0 < attempts.wait("b") <= 60


def test_it_is_forgotten_after_an_hour() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(10):
        attempts.failed("a")
    clock.now += 4000
    attempts.failed("a")
    assert attempts.wait("a") == 0


def test_memory_does_not_grow_with_addresses() -> None:
    attempts = Attempts(Clock())
    for number in range(5000):
        attempts.failed(f"address {number}")
    assert len(attempts._by_address) == 1000
