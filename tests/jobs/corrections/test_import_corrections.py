"""Corrections of one index taken into another: by picture and face, once, and never over what was said here."""

from pathlib import Path

import pytest

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.correction import Correction
from organiser.errors import Permanent
from organiser.index.db.engine import reading, writing
from organiser.index.tables import corrections
from organiser.jobs.corrections.correct import Saying, correct
from organiser.jobs.corrections.correction_file import NAME
from organiser.jobs.corrections.export_corrections import export
from organiser.jobs.corrections.import_corrections import Findings, findings, take
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD, DrawnFace

PAIR = (DrawnFace(Emotion.HAPPY, 0.3, 0.5, 0.4), DrawnFace(Emotion.SAD, 0.7, 0.5, 0.4))


def draw(library: Library) -> Library:
    """Draw the same three photos in every library, each with the same seed."""
    library.draw("happy.jpg", HAPPY)
    library.draw("sad.jpg", SAD)
    library.draw("pair.jpg", *PAIR)
    library.scan()
    return library


@pytest.fixture
def library(library: Library) -> Library:
    """Where corrections are imported, on either database."""
    return draw(library)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """An export of another library, of the same pictures at other paths, where every kind of thing was said."""
    (tmp_path / "other").mkdir()
    other = Library(tmp_path / "other", f"sqlite:///{tmp_path / 'other' / 'index.db'}")
    draw(other)
    other.move("sad.jpg", "2024/sad.jpg")
    other.draw("only there.jpg", HAPPY)
    other.scan()
    say(other, "happy", Saying(Emotion.SURPRISE))
    say(other, "sad", Saying(None))
    say(other, "pair", Saying(Emotion.FEAR, face=2))
    say(other, "pair", Saying(Emotion.HAPPY, "is_not", face=1))
    say(other, "only", Saying(Emotion.SAD))
    export(other.services.engine, tmp_path / "exported")
    other.services.engine.dispose()
    return tmp_path / "exported"


def say(library: Library, name: str, saying: Saying, who: str = "Anna") -> None:
    correct(library.services, [row.photo_id for row in library.find(f"path:{name}")], saying, who)


def said(library: Library) -> list[tuple[str, bool, str, str | None, str]]:
    names = {row.photo_id: row.relpath for row in library.find()}
    with reading(library.services.engine) as tx:
        every = corrections.every(tx)
    return sorted(
        (names[correction.photo_id], correction.box is None, correction.verb, correction.emotion or "", correction.who)
        for correction in every
    )


def imported(library: Library, path: Path, *, theirs: bool = False) -> Findings:
    found = findings(library.services, path, theirs=theirs)
    take(library.services, found)
    return found


EVERYTHING = [
    ("happy.jpg", True, "is", "surprise", "Anna"),
    ("pair.jpg", False, "is", "fear", "Anna"),
    ("pair.jpg", False, "is_not", "happy", "Anna"),
    ("sad.jpg", True, "is", "", "Anna"),
]


def test_what_was_said_elsewhere_holds_here(library: Library, exported: Path) -> None:
    found = imported(library, exported)
    assert said(library) == EVERYTHING
    assert [each.path.rsplit("/", 1)[-1] for each in found.unknown] == ["only there.jpg"]
    assert library.names("emotion:surprise corrected:yes") == ["happy.jpg"]
    assert library.names("emotion:none corrected:yes reason:corrected") == ["sad.jpg"]


def test_importing_twice_is_once(library: Library, exported: Path) -> None:
    imported(library, exported / NAME)
    found = imported(library, exported / NAME)
    assert (found.taken, found.conflicts, found.known) == ([], [], 4)
    assert said(library) == EVERYTHING


def test_what_was_said_here_stays_and_is_reported(library: Library, exported: Path) -> None:
    say(library, "happy", Saying(Emotion.ANGRY), "me")
    say(library, "pair", Saying(Emotion.HAPPY, face=1), "me")
    found = imported(library, exported)
    assert [(each.theirs.emotion, each.ours.emotion) for each in found.conflicts] == [
        (Emotion.SURPRISE, Emotion.ANGRY),
        (Emotion.HAPPY, Emotion.HAPPY),
    ]
    assert ("happy.jpg", True, "is", "angry", "me") in said(library)
    assert ("pair.jpg", False, "is", "happy", "me") in said(library)


def test_the_file_is_right_where_a_person_says_so(library: Library, exported: Path) -> None:
    say(library, "happy", Saying(Emotion.ANGRY), "me")
    say(library, "pair", Saying(Emotion.HAPPY, face=1), "me")
    assert imported(library, exported, theirs=True).conflicts == []
    assert said(library) == EVERYTHING


def test_a_face_is_the_same_though_its_box_is_a_little_off(library: Library, exported: Path) -> None:
    (row,) = library.find("path:pair")
    with reading(library.services.engine) as tx:
        before = corrections.every(tx)
    assert before == []
    imported(library, exported)
    with writing(library.services.engine) as tx:
        (fear,) = (correction for correction in corrections.every(tx) if correction.emotion is Emotion.FEAR)
        assert fear.box is not None
        off = Box(fear.box.x + 0.01, fear.box.y - 0.01, fear.box.w, fear.box.h)
        corrections.remove(tx, [row.photo_id])
        corrections.record(tx, Correction(row.photo_id, off, "is", Emotion.FEAR, "me", 1.0))
    found = imported(library, exported)
    assert found.known == 3
    assert [correction.emotion for correction in found.taken] == [Emotion.HAPPY]


def test_collections_follow(library: Library, exported: Path, tmp_path: Path) -> None:
    from organiser.jobs.collections import manage

    manage.set_built_in(library.services, str(tmp_path / "collections"), None)
    manage.sync_all(library.services)
    assert (tmp_path / "collections" / "sad" / "sad.jpg").exists()
    imported(library, exported)
    assert not (tmp_path / "collections" / "sad" / "sad.jpg").exists()


HEAD = "digest,x,y,w,h,verb,emotion,who,at,path\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "column digest is missing"),
        ("a letter\nto Anna\n", "column digest is missing"),
        (f"{HEAD}{'0' * 64},,,,,is,happy,me,1.0,a.jpg\nshort,,,,,is,happy,me,1.0,b.jpg\n", "line 3: 'short'"),
        (f"{HEAD}{'0' * 64},,,,,was,happy,me,1.0,a.jpg\n", "line 2: the verb"),
        (f"{HEAD}{'0' * 64},,,,,is,merry,me,1.0,a.jpg\n", "line 2: 'merry'"),
        (f"{HEAD}{'0' * 64},,,,,is_not,nothing,me,1.0,a.jpg\n", "line 2: `is_not` needs"),
        (f"{HEAD}{'0' * 64},0.1,,,,is,happy,me,1.0,a.jpg\n", "line 2: could not convert"),
        (f"{HEAD}{'0' * 64},0.1,0.1,2,nan,is,happy,me,1.0,a.jpg\n", "line 2: the box"),
        (f"{HEAD}{'0' * 64},,,,,is,happy,me,soon,a.jpg\n", "line 2: could not convert"),
        (f"{HEAD}{'0' * 64},,,,,is,happy,me,inf,a.jpg\n", "line 2: inf"),
        (f"{HEAD}{'0' * 64},,,\n", "line 2"),
    ],
)
def test_a_file_that_is_not_understood_is_not_taken_at_all(
    library: Library, tmp_path: Path, text: str, why: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(Permanent, match=why):
        findings(library.services, path)
    with pytest.raises(Permanent, match="No such file"):
        findings(library.services, tmp_path / "none.csv")
