"""`organiser import-tags`: other programs' keywords become corrections, ours never do."""

import json
from pathlib import Path

import pytest

from organiser.core.emotion import Emotion
from organiser.jobs.corrections.import_tags import meaning
from tests.cli.command import Organiser

_SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:lr="http://ns.adobe.com/lightroom/1.0/">{properties}</rdf:Description></rdf:RDF></x:xmpmeta>"""


def _tag(picture: Path, *words: str, field: str = "dc:subject") -> None:
    listed = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    properties = f"<{field}><rdf:Bag>{listed}</rdf:Bag></{field}>"
    picture.with_name(picture.name + ".xmp").write_text(_SIDECAR.format(properties=properties))


def _found(organiser: Organiser, *words: object) -> dict[str, tuple[str | None, str | None]]:
    every = json.loads(organiser("import-tags", *words, "--json").out)
    return {Path(row["path"]).name: (row["emotion"], row["note"]) for row in every}


def test_keywords_become_corrections(organiser: Organiser, photos: Path) -> None:
    _tag(photos / "sad.png", "Grandma", "Smile")
    _tag(photos / "2023" / "lamp.jpg", "Mood|sad", field="lr:hierarchicalSubject")
    assert _found(organiser, "--dry-run") == {"sad.png": ("happy", None), "lamp.jpg": ("sad", None)}
    assert organiser("corrections", "list", "--json").out == "[]\n"
    assert "2 photos corrected" in organiser("import-tags").talk
    assert organiser("find", "reason:corrected", "emotion:happy", "--paths").lines == [str(photos / "sad.png")]
    assert {note for _, note in _found(organiser).values()} == {"somebody corrected it here already"}


def test_keywords_that_disagree_are_left_alone(organiser: Organiser, photos: Path) -> None:
    _tag(photos / "sad.png", "happy", "crying")
    assert _found(organiser) == {"sad.png": (None, "the keywords disagree")}
    assert organiser("corrections", "list", "--json").out == "[]\n"


def test_our_own_tags_are_never_read_back(organiser: Organiser, photos: Path) -> None:
    for name in ("happy", "sad"):
        organiser("collections", "edit", name, "--mode", "tag")
    assert "tagged" in organiser("collections", "sync").talk
    assert _found(organiser) == {}


def test_only_what_is_named_is_read(organiser: Organiser, photos: Path) -> None:
    _tag(photos / "sad.png", "happy")
    assert _found(organiser, photos / "2023", "--dry-run") == {}


@pytest.mark.parametrize(
    ("keyword", "emotion"),
    [
        ("happy", Emotion.HAPPY),
        ("Emotion|happy", Emotion.HAPPY),
        ("Emotion/sad", Emotion.SAD),
        ("Subjects|Mood|Smile", Emotion.HAPPY),
        ("expression|contempt", Emotion.CONTEMPT),
        ("People|Joy", None),
        ("Places|Happy", None),
        ("neutral", None),
        ("happy hour", None),
        ("", None),
    ],
)
def test_a_word_means_an_emotion_only_where_it_is_one(keyword: str, emotion: Emotion | None) -> None:
    assert meaning(keyword) is emotion
