"""What running a command gives."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code, and what it wrote where."""

    code: int
    data: bytes
    talk: str

    @property
    def out(self) -> str:
        return self.data.decode()

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Organiser = Callable[..., Ran]
"""Runs `organiser` with these words; `typed` is what a person pipes in."""
