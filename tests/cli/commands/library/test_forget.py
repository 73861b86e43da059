"""`organiser forget`: every derived trace goes, the photos stay, and it says so."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import Organiser
from tests.cli.library import scan


def _digests(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def _paths(organiser: Organiser) -> list[str]:
    return sorted(Path(line).name for line in organiser("find", "--paths").lines)


def _everything_stored(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.glob("index.db*"))


def _pictures(home: Path) -> list[bytes]:
    """The last bytes of the thumbnail and the crops kept of the happy photo."""
    with closing(sqlite3.connect(home / "index.db")) as connection:
        rows = connection.execute(
            "SELECT data FROM crops JOIN faces ON faces.id = face_id JOIN verdicts USING (photo_id) WHERE emotion = 'sad' "
            "AND reason = 'corrected'"
        )
        return [data[-40:] for (data,) in rows]


def test_a_photo_is_forgotten_with_its_copies_and_nothing_of_it_is_left(
    organiser: Organiser, photos: Path, home: Path
) -> None:
    before = _digests(photos)
    assert organiser("correct", photos / "happy.jpg", "--as", "sad").code == 0
    kept = _pictures(home)
    assert len(kept) == 2
    assert all(secret in _everything_stored(home) for secret in (b"happy.jpg", *kept))
    ran = organiser("forget", photos / "happy.jpg", "--json")
    assert ran.code == 0
    erased = json.loads(ran.out)["erased"]
    assert (erased["photos"], erased["files"], erased["faces"], erased["corrections"]) == (1, 2, 1, 1)
    assert "the next scan reads the photos again" in ran.talk
    assert not any(secret in _everything_stored(home) for secret in (b"happy.jpg", *kept))
    assert _paths(organiser) == ["cut.jpg", "lamp.jpg", "pair.jpg", "sad.png"]
    assert _digests(photos) == before


def test_the_next_scan_reads_a_forgotten_photo_again(organiser: Organiser, photos: Path, home: Path) -> None:
    organiser("forget", photos / "sad.png")
    assert "sad.png" not in _paths(organiser)
    scan(home, photos)
    assert "sad.png" in _paths(organiser)


def test_excluded_photos_stay_forgotten_wherever_their_copies_lie(
    organiser: Organiser, photos: Path, home: Path
) -> None:
    (photos / ".organiser-ignore").write_text("*.gif\n")
    ran = organiser("forget", photos / "happy.jpg", "--exclude")
    assert ran.code == 0
    assert (photos / ".organiser-ignore").read_text() == "*.gif\n/happy.jpg\n"
    assert (photos / "later" / ".organiser-ignore").read_text() == "/copy of happy.jpg\n"
    scan(home, photos)
    assert _paths(organiser) == ["cut.jpg", "lamp.jpg", "pair.jpg", "sad.png"]


def test_a_folder_is_forgotten_and_excluded_whole(organiser: Organiser, photos: Path, home: Path) -> None:
    assert organiser("forget", photos / "2023", "--exclude").code == 0
    assert (photos / ".organiser-ignore").read_text() == "/2023/\n"
    scan(home, photos)
    assert _paths(organiser) == ["cut.jpg", "happy.jpg", "sad.png"]


def test_an_ignore_file_that_covers_its_whole_folder_is_not_weakened(
    organiser: Organiser, photos: Path, home: Path
) -> None:
    (photos / "2023" / ".organiser-ignore").write_text("# all of it\n")
    organiser("forget", photos / "2023" / "lamp.jpg", "--exclude")
    assert (photos / "2023" / ".organiser-ignore").read_text() == "# all of it\n"


def test_all_is_forgotten_but_roots_and_models_stay(organiser: Organiser, photos: Path, home: Path) -> None:
    before = _digests(photos)
    ran = organiser("forget", "--all", "--yes")
    assert ran.code == 0
    assert "erased 5 photos, 6 file records" in ran.talk
    assert _paths(organiser) == []
    assert b"lamp.jpg" not in _everything_stored(home)
    assert organiser("roots", "list", "--paths").lines == [str(photos)]
    assert "stub@1" in organiser("models", "list").out
    assert _digests(photos) == before


def test_all_is_not_forgotten_unless_somebody_confirms_it(organiser: Organiser, photos: Path) -> None:
    before = _paths(organiser)
    ran = organiser("forget", "--all", typed=b"n\n")
    assert ran.code == 1
    assert "--yes" in ran.talk
    assert "organiser corrections export" in ran.talk
    assert _paths(organiser) == before != []


def test_all_with_exclude_keeps_every_root_unread(organiser: Organiser, photos: Path, home: Path) -> None:
    organiser("forget", "--all", "--exclude", "--yes")
    assert (photos / ".organiser-ignore").read_text() == "*\n"
    scan(home, photos)
    assert _paths(organiser) == []


def test_an_unreadable_file_is_forgotten_too(organiser: Organiser, photos: Path) -> None:
    organiser("forget", photos / "cut.jpg")
    assert organiser("failures", "list", "--json").out == "[]\n"


def test_what_the_index_does_not_know_cannot_be_forgotten(organiser: Organiser, photos: Path) -> None:
    ran = organiser("forget", "/nowhere/at-all.jpg")
    assert ran.code == 1
    assert "no such file" in ran.talk


def test_everything_or_some_paths_must_be_named(organiser: Organiser, photos: Path) -> None:
    assert organiser("forget").code == 2
    assert organiser("forget", photos, "--all").code == 2


def test_a_root_is_taken_back_with_what_lies_only_there(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "sad.png", "--as", "happy")
    ran = organiser("roots", "remove", photos)
    assert ran.code == 0
    assert "erased 4 photos" in ran.talk
    assert organiser("roots", "list", "--json").out == "[]\n"
    assert _paths(organiser) == []
    (kept,) = json.loads(organiser("corrections", "list", "--json").out)
    assert kept["says"] == "is happy"


def test_switching_pictures_off_erases_those_that_were_kept(
    organiser: Organiser, photos: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(home / "index.db")) as connection:
        kept = [data[-40:] for (data,) in connection.execute("SELECT data FROM crops")]
    assert kept
    assert all(secret in _everything_stored(home) for secret in kept)
    verdicts = organiser("find", "--json").out
    monkeypatch.setenv("ORGANISER_DETECT_KEEP_CROPS", "false")
    assert f"erased {len(kept)} crops and thumbnails" in organiser("scan", photos, "--workers", "1").talk
    assert not any(secret in _everything_stored(home) for secret in kept)
    assert b"\xff\xd8\xff" not in _everything_stored(home)
    assert organiser("find", "--json").out == verdicts
    assert "erased" not in organiser("scan", photos, "--workers", "1").talk
