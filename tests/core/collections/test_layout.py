"""Layout templates, safe names, and names that never clash."""

import random
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from organiser.core.collections.layout import Naming, Subject, name_apart, parse_layout, safe_path
from organiser.errors import LayoutError

MAY = datetime(2024, 5, 17, 14, 3)
PLAIN = parse_layout(None)


def subject(name, digest="ab" * 32, **fields):
    return Subject(name, digest, **fields)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (None, "a.jpg"),
        ("{name}", "a.jpg"),
        ("{taken:%Y}/{taken:%m}/{name}", "2024/05/a.jpg"),
        ("{taken:%Y/%m}/{name}", "2024/05/a.jpg"),
        ("{taken}/{name}", "2024-05-17/a.jpg"),
        ("{emotion}/{camera}/{name}", "happy/Canon EOS/a.jpg"),
        ("{folder}/{name}", "holiday/beach/a.jpg"),
        ("by year/{taken:%Y}-{name}", "by year/2024-a.jpg"),
    ],
)
def test_a_layout_gives_a_place(template, expected):
    photo = subject("a.jpg", folder="holiday/beach", taken=MAY, emotion="happy", camera="Canon EOS")
    assert parse_layout(template)(photo) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{taken:%Y}/{taken:%m}/{name}", "undated/a.jpg"),
        ("{emotion}/{camera}/{name}", "unknown/unknown/a.jpg"),
        ("{folder}/{name}", "a.jpg"),
    ],
)
def test_what_is_not_known_has_a_place_too(template, expected):
    assert safe_path(parse_layout(template)(subject("a.jpg"))) == expected


@pytest.mark.parametrize(
    "template",
    ["", "{taken:%Y}", "{name}/{taken:%Y}", "/{name}", "../{name}", "a/../{name}", "a//{name}", ". ./{name}"]
    + [
        "{name",
        "{}",
        "{who}/{name}",
        "{name!r}",
        "{name:>9}",
        "{name.root}",
        "{taken.year}/{name}",
        "{folder:x}/{name}",
    ],
)
def test_a_layout_that_cannot_be_used_is_refused(template):
    with pytest.raises(LayoutError, match="layout"):
        parse_layout(template)


def test_values_cannot_leave_their_part_of_the_path():
    layout = parse_layout("{emotion}/{camera}/{name}")
    place = safe_path(layout(subject("..", emotion="a/../b", camera="../..")))
    assert place == "a_.._b/..___/__"
    assert ".." not in place.split("/")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "a.jpg"),
        ('wh<a>t:"is\\th|is?*.jpg', "wh_a_t__is_th_is__.jpg"),
        ("tab\there.jpg", "tab_here.jpg"),
        ("CON", "_CON"),
        ("nul.jpg", "_nul.jpg"),
        ("console.jpg", "console.jpg"),
        ("trailing. ", "trailing__"),
        (".organiser-collection", "_.organiser-collection"),
        ("caf\udce9.jpg", "caf_.jpg"),
        ("café ☕.jpg", "café ☕.jpg"),
    ],
)
def test_a_name_is_made_safe(name, expected):
    assert safe_path(name) == expected


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="/")), st.integers(20, 255))
def test_a_safe_name_is_taken_by_every_file_system(name, limit):
    safe = safe_path(name, limit)
    assert safe == safe_path(safe, limit)
    assert len(safe.encode()) <= limit
    assert not set(safe) & set('<>:"/\\|?*')
    assert safe == safe.rstrip(" .")


def test_a_long_name_keeps_its_extension_and_whole_characters():
    safe = safe_path("é" * 300 + ".jpeg", 100)
    assert safe.endswith(".jpeg")
    assert safe.rstrip(".jpeg") == "é" * 47


def digest(number):
    return f"{number:08x}" * 8


def test_all_that_want_a_name_get_a_suffix():
    photos = {1: subject("a.jpg", digest(1)), 2: subject("a.jpg", digest(2)), 3: subject("b.jpg", digest(3))}
    assert name_apart(photos, PLAIN, Naming()) == {1: "a~00000001.jpg", 2: "a~00000002.jpg", 3: "b.jpg"}


def test_a_third_of_a_name_renames_nobody():
    photos = {number: subject("a.jpg", digest(number)) for number in (1, 2)}
    before = name_apart(photos, PLAIN, Naming())
    after = name_apart({**photos, 3: subject("a.jpg", digest(3))}, PLAIN, Naming())
    assert before.items() <= after.items()


def test_digests_that_begin_alike_get_more_digits():
    photos = {1: subject("a.jpg", "0" * 8 + "1" * 56), 2: subject("a.jpg", "0" * 8 + "2" * 56)}
    assert name_apart(photos, PLAIN, Naming()) == {1: "a~0000000011111111.jpg", 2: "a~0000000022222222.jpg"}


def test_a_name_that_looks_like_a_suffixed_one_clashes_with_nobody():
    photos = {
        1: subject("a.jpg", digest(1)),
        2: subject("a.jpg", digest(2)),
        3: subject(f"a~{digest(1)[:8]}.jpg", digest(3)),
    }
    assert len(set(name_apart(photos, PLAIN, Naming()).values())) == 3


def test_a_name_that_cannot_be_had_counts_as_a_claimant():
    assert name_apart({1: subject("a.jpg", digest(1))}, PLAIN, Naming(), {"a.jpg"}) == {1: "a~00000001.jpg"}


def test_case_and_accents_clash_only_where_the_file_system_folds_them():
    photos = {
        1: subject("A.jpg", digest(1)),
        2: subject("a.jpg", digest(2)),
        3: subject("\u00e9.jpg", digest(3)),
        4: subject("e\u0301.jpg", digest(4)),
    }
    assert set(name_apart(photos, PLAIN, Naming()).values()) == {photo.name for photo in photos.values()}
    folded = name_apart(photos, PLAIN, Naming(folds_case=True, folds_form=True))
    assert all("~" in name for name in folded.values())
    case_only = name_apart(photos, PLAIN, Naming(folds_case=True))
    assert [("~" in case_only[key]) for key in (1, 2, 3, 4)] == [True, True, False, False]


NAMES = st.sampled_from(
    ["a.jpg", "A.jpg", "a~00000001.jpg", "a~00000002.jpg", "e\u0301", "\u00e9", "x" * 300, "x" * 290 + ".jpg", "con"]
)


@settings(deadline=None)
@given(st.lists(NAMES, max_size=12), st.booleans(), st.booleans(), st.integers(0, 2**32))
def test_names_never_clash_and_never_depend_on_order(names, case, form, seed):
    naming = Naming(folds_case=case, folds_form=form, limit=80)
    photos = {
        number: subject(name, digest(number % 3 + 1)[:8] + digest(number)[8:]) for number, name in enumerate(names)
    }
    paths = name_apart(photos, PLAIN, naming)
    assert len({naming.key(path) for path in paths.values()}) == len(photos)
    assert all(len(path.encode()) <= 80 for path in paths.values())
    shuffled = list(photos)
    random.Random(seed).shuffle(shuffled)
    assert name_apart({key: photos[key] for key in shuffled}, PLAIN, naming) == paths
