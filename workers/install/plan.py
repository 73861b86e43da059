"""What is to be kept running: one organiser's home, its photos and collections, and who runs it."""

from dataclasses import dataclass
from pathlib import Path

from organiser.errors import SettingsError

NAME = "organiser"


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One installation.

    Attributes:
        python: the interpreter that has the organiser.
        home: the organiser's folder.
        photos: folders handed over, only read.
        collections: where `happy` and `sad` are filled, or None.
        user: whom a service of the whole machine runs as; None: a service of the person who installs it.
        memory: share of the machine's memory above which the service is slowed down, in percent.
        local: nothing of it talks to another machine.
    """

    python: Path
    home: Path
    photos: tuple[Path, ...] = ()
    collections: Path | None = None
    user: str | None = None
    memory: int = 50
    local: bool = True

    def __post_init__(self) -> None:
        for path in (self.python, self.home, *self.photos, *((self.collections,) if self.collections else ())):
            if any(ord(sign) < 32 or ord(sign) == 127 for sign in str(path)) or not str(path).isprintable():
                raise SettingsError(f"{str(path)!r} cannot stand in a service's file", "give the folder another name")

    @property
    def preparation(self) -> tuple[str, ...] | None:
        """The command that records folders and first targets; asked again it changes nothing. None where there is none."""
        if not self.photos:
            return None
        collect = ("--collect", str(self.collections)) if self.collections else ()
        return (*self._program, "roots", "add", *map(str, self.photos), *collect)

    @property
    def command(self) -> tuple[str, ...]:
        """The command that runs until it is told to stop."""
        return (*self._program, "up")

    @property
    def _program(self) -> tuple[str, ...]:
        return str(self.python), "-m", "organiser", "--home", str(self.home)
