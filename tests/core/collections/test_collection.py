"""The diff between what a collection should hold and what it holds."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from organiser.core.collections.collection import Choices, Collection, Plan, Wanted, Why, decided, plan_placements
from organiser.core.collections.layout import Naming
from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Medium,
    Move,
    Placed,
    PlacementId,
    PlacementMode,
    Region,
    Remove,
    Replace,
    Stamp,
    State,
    Tag,
    TagAdd,
    TagRemove,
)
from organiser.core.face import Box
from organiser.core.photo import PhotoId

COPIES = Collection("happy", "emotion:happy", PlacementMode.COPY, "/happy")
TAGS = Collection("happy", "emotion:happy", PlacementMode.TAG)


def digest(number):
    return f"{number:08x}" * 8


def photo(number, name="a.jpg", folder="", **fields):
    relpath = f"{folder}/{name}" if folder else name
    return Wanted(PhotoId(number), "/photos", relpath, digest(number), 100, 5, **fields)


def placed(number, destination="a.jpg", mode=PlacementMode.COPY, state=State.INTACT, **fields):
    stamp = Stamp(100, 5, number, digest(number), fields.pop("link", None))
    source = fields.pop("source", "/photos/a.jpg")
    return Placed(PlacementId(number), PhotoId(number), destination, Made(mode, stamp), source, state=state, **fields)


def tagged(number, path, tag, **fields):
    made = Made(PlacementMode.TAG, Stamp(10, 5, number), path + ".xmp", Medium.SIDECAR)
    return Placed(PlacementId(number), PhotoId(number), path, made, path, tag, **fields)


def carried_out(plan: Plan, actual):
    """Return what the placements are when every step of the plan was done: the model that the real steps follow."""
    rows = {placement.placement_id: placement for placement in actual}
    last = max([*rows, 0])
    for step in plan.steps:
        last += 1
        match step:
            case Create(photo_id=key, destination=destination, mode=mode):
                assert destination not in {row.destination for row in rows.values()}
                rows[last] = _made(last, key, destination, mode, step.source)
            case Replace(placed=old, create=create):
                rows[old.placement_id] = _made(
                    old.placement_id, create.photo_id, old.destination, create.mode, create.source
                )
            case Move(placed=old, destination=destination):
                assert destination not in {row.destination for row in rows.values()}
                rows[old.placement_id] = replace(rows[old.placement_id], destination=destination)
            case Remove(placed=old) | Forget(placed=old) | TagRemove(placed=old):
                del rows[old.placement_id]
            case TagAdd(photo_id=key, path=path, tag=tag, placed=old):
                number = last if old is None else old.placement_id
                rows[number] = replace(tagged(number, path, tag), photo_id=key)
    return list(rows.values())


def _made(number, photo_id, destination, mode, source):
    mode = PlacementMode.REFLINK if mode is PlacementMode.AUTO else mode
    made = Made(mode, Stamp(100, 5, number, digest(photo_id), source if mode is PlacementMode.SYMLINK else None))
    return Placed(PlacementId(number), photo_id, destination, made, source)


def test_what_is_wanted_and_not_there_is_made():
    (step,) = plan_placements(COPIES, [photo(1)], []).steps
    assert step == Create(PhotoId(1), "/photos/a.jpg", "a.jpg", PlacementMode.COPY, 100, 5)


def test_what_is_there_and_wanted_needs_nothing():
    assert plan_placements(COPIES, [photo(1)], [placed(1)]) == Plan()


def test_what_is_there_and_not_wanted_goes():
    assert plan_placements(COPIES, [], [placed(1)]).steps == (Remove(placed(1)),)


def test_a_photo_with_several_files_is_placed_once_from_the_first():
    (step,) = plan_placements(COPIES, [photo(1, "b.jpg"), photo(1, "a.jpg")], []).steps
    assert step.source == "/photos/a.jpg"


def test_a_change_of_layout_moves_files():
    nested = replace(COPIES, layout="{folder}/{name}")
    there = placed(1, source="/photos/x/a.jpg")
    assert plan_placements(nested, [photo(1, folder="x")], [there]).steps == (Move(there, "x/a.jpg"),)


def test_two_photos_that_swap_names_are_made_anew():
    actual = [placed(1, "a.jpg"), placed(2, "b.jpg")]
    plan = plan_placements(COPIES, [photo(1, "b.jpg"), photo(2, "a.jpg")], actual)
    assert [type(step) for step in plan.steps] == [Remove, Remove, Create, Create]


def test_a_change_of_case_on_a_folding_file_system_is_made_anew():
    plan = plan_placements(COPIES, [photo(1, "A.jpg")], [placed(1)], Naming(folds_case=True))
    assert [type(step) for step in plan.steps] == [Remove, Create]
    plan = plan_placements(COPIES, [photo(1, "A.jpg")], [placed(1)])
    assert [type(step) for step in plan.steps] == [Move]


def test_another_mode_replaces_in_place():
    links = replace(COPIES, mode=PlacementMode.SYMLINK)
    (step,) = plan_placements(links, [photo(1)], [placed(1)]).steps
    assert isinstance(step, Replace)
    assert step.create.mode is PlacementMode.SYMLINK


@pytest.mark.parametrize("mode", [PlacementMode.COPY, PlacementMode.REFLINK])
def test_auto_is_content_with_a_reflink_and_with_a_copy(mode):
    assert plan_placements(replace(COPIES, mode=PlacementMode.AUTO), [photo(1)], [placed(1, mode=mode)]).empty


def test_a_symlink_to_where_the_photo_was_is_replaced():
    links = replace(COPIES, mode=PlacementMode.SYMLINK)
    there = placed(1, mode=PlacementMode.SYMLINK, link="/photos/a.jpg")
    gone = placed(1, mode=PlacementMode.SYMLINK, link="/photos/old/a.jpg")
    assert plan_placements(links, [photo(1)], [there]).empty
    assert [type(step) for step in plan_placements(links, [photo(1)], [gone]).steps] == [Replace]


def test_a_missing_placement_is_made_again_or_forgotten():
    gone = placed(1, state=State.MISSING)
    assert [type(step) for step in plan_placements(COPIES, [photo(1)], [gone]).steps] == [Forget, Create]
    assert plan_placements(COPIES, [], [gone]).steps == (Forget(gone),)


@pytest.mark.parametrize("state", [State.EDITED, State.UNREADABLE])
@pytest.mark.parametrize("chosen", [[], [photo(1)], [photo(1, "other.jpg")]])
def test_what_is_no_longer_ours_is_left_and_reported(state, chosen):
    edited = placed(1, state=state)
    plan = plan_placements(COPIES, chosen, [edited])
    assert plan.empty
    assert [(placement.destination, why) for placement, why in plan.kept] == [("a.jpg", Why(state))]


def test_the_last_copy_stays_and_a_dangling_symlink_goes():
    last = placed(1, source=None)
    assert plan_placements(COPIES, [], [last]) == Plan((), ((last, Why.LAST_COPY),))
    link = placed(1, mode=PlacementMode.SYMLINK, source=None)
    assert plan_placements(COPIES, [], [link]).steps == (Remove(link),)


def test_a_person_decides_what_is_taken_away_and_what_stays():
    last, going, staying = placed(1, "last.jpg", source=None), placed(2, "b.jpg"), placed(3, "c.jpg")
    edited = placed(4, "d.jpg", state=State.EDITED)
    plan = plan_placements(COPIES, [photo(5, "new.jpg")], [last, going, staying, edited])
    choices = Choices(keep=frozenset({"c.jpg", "new.jpg"}), remove=frozenset({"last.jpg", "b.jpg", "d.jpg"}))
    found = decided(plan, choices)
    assert found.steps[:3] == (Forget(staying), Remove(going), Remove(last, agreed=True))
    assert [type(step) for step in found.steps[3:]] == [Create]
    assert found.kept == ((edited, Why.EDITED),)
    assert decided(plan, Choices()) == plan


def test_a_photo_finds_a_name_beside_one_that_stays():
    (step,) = plan_placements(COPIES, [photo(2)], [placed(1, source=None)]).steps
    assert step.destination == "a~00000002.jpg"


def test_a_second_placement_of_a_photo_goes():
    actual = [placed(1, "a.jpg"), replace(placed(1, "z.jpg"), placement_id=PlacementId(9))]
    assert plan_placements(COPIES, [photo(1)], actual).steps == (Remove(actual[1]),)


SMILE = Tag("happy", 0.93, "net@1")


def test_tags_are_added_renewed_and_taken_away():
    path = "/photos/a.jpg"
    new = photo(1, tag=SMILE)
    assert plan_placements(TAGS, [new], []).steps == (TagAdd(PhotoId(1), path, SMILE),)
    assert plan_placements(TAGS, [new], [tagged(1, path, SMILE)]).empty
    old = tagged(1, path, replace(SMILE, model="net@0"))
    assert plan_placements(TAGS, [new], [old]).steps == (TagAdd(PhotoId(1), path, SMILE, old),)
    assert plan_placements(TAGS, [], [old]).steps == (TagRemove(old),)
    word = tagged(1, path, Tag("grin"))
    assert plan_placements(TAGS, [new], [word]).steps == (TagRemove(word), TagAdd(PhotoId(1), path, SMILE))


def test_every_file_of_a_photo_is_tagged():
    plan = plan_placements(TAGS, [photo(1, "a.jpg", tag=SMILE), photo(1, "b.jpg", tag=SMILE)], [])
    assert [step.path for step in plan.steps] == ["/photos/a.jpg", "/photos/b.jpg"]


def test_a_lost_tag_is_written_again_or_forgotten():
    lost = tagged(1, "/photos/a.jpg", SMILE, state=State.MISSING)
    assert plan_placements(TAGS, [photo(1, tag=SMILE)], [lost]).steps == (
        TagAdd(PhotoId(1), "/photos/a.jpg", SMILE, lost),
    )
    assert plan_placements(TAGS, [], [lost]).steps == (Forget(lost),)


def test_a_collection_that_becomes_tags_gives_its_files_up_and_the_other_way_round():
    file, tag = placed(1), tagged(2, "/photos/a.jpg", SMILE)
    assert [type(step) for step in plan_placements(TAGS, [photo(1, tag=SMILE)], [file]).steps] == [Remove, TagAdd]
    assert [type(step) for step in plan_placements(COPIES, [photo(1)], [tag]).steps] == [TagRemove, Create]


def test_a_keyword_has_a_place_in_both_hierarchies():
    assert Tag("sea|sun/beach").path == ("Emotion", "sea-sun-beach")
    assert Region(Box(0, 0, 1, 1), "happy").emotion == "happy"


wanted_photos = st.builds(
    lambda number, name, folder, emotion: photo(number, name, folder, emotion=emotion, tag=Tag(emotion)),
    st.integers(1, 6),
    st.sampled_from(["a.jpg", "A.jpg", "b.jpg", "a~00000001.jpg"]),
    st.sampled_from(["", "x", "y"]),
    st.sampled_from(["happy", "sad"]),
)
destinations = st.sampled_from(["a.jpg", "A.jpg", "b.jpg", "x/a.jpg", "a~00000001.jpg", "a~00000002.jpg", "other.jpg"])


@st.composite
def collections(draw):
    mode = draw(st.sampled_from(PlacementMode))
    layout = draw(st.sampled_from([None, "{folder}/{name}", "{emotion}/{name}"]))
    return Collection("any", "", mode, "/happy", layout)


@st.composite
def placements(draw, naming):
    found = []
    for number, destination in enumerate(draw(st.lists(destinations, unique_by=naming.key, max_size=6)), 1):
        mode = draw(st.sampled_from([mode for mode in PlacementMode if mode not in ("auto", "tag")]))
        state = draw(st.sampled_from(State))
        source = draw(st.sampled_from([None, "/photos/a.jpg"]))
        link = "/photos/a.jpg" if mode is PlacementMode.SYMLINK else None
        placement = placed(number, destination, mode, state, source=source, link=link)
        found.append(replace(placement, photo_id=PhotoId(draw(st.integers(1, 6)))))
    for number, path in enumerate(
        draw(st.lists(st.sampled_from(["/photos/a.jpg", "/photos/x/b.jpg"]), unique=True)), 20
    ):
        tag = Tag(draw(st.sampled_from(["happy", "grin"])))
        found.append(tagged(number, path, tag, state=draw(st.sampled_from([State.INTACT, State.MISSING]))))
    return found


@st.composite
def situations(draw):
    naming = Naming(folds_case=draw(st.booleans()))
    chosen = draw(st.lists(wanted_photos, max_size=8, unique_by=lambda photo: photo.source))
    return draw(collections()), chosen, draw(placements(naming)), naming


@settings(deadline=None)
@given(situations())
def test_after_a_plan_is_carried_out_the_next_is_empty(situation):
    collection, chosen, actual, naming = situation
    plan = plan_placements(collection, chosen, actual, naming)
    after = carried_out(plan, actual)
    again = plan_placements(collection, chosen, after, naming)
    assert again.steps == ()
    assert {placement.placement_id for placement, _ in again.kept} == {
        placement.placement_id for placement, _ in plan.kept
    }
    keys = [naming.key(placement.destination) for placement in after if placement.made.mode is not PlacementMode.TAG]
    assert len(set(keys)) == len(keys)


@settings(deadline=None)
@given(situations(), st.integers(0, 2**32))
def test_a_plan_does_not_depend_on_order(situation, seed):
    collection, chosen, actual, naming = situation
    mixed = random.Random(seed)
    other_chosen, other_actual = mixed.sample(chosen, len(chosen)), mixed.sample(actual, len(actual))
    assert plan_placements(collection, other_chosen, other_actual, naming) == plan_placements(
        collection, chosen, actual, naming
    )
