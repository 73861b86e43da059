"""Steps, entries and placements survive their JSON."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Move,
    Placed,
    Region,
    Remove,
    Replace,
    Stamp,
    Tag,
    TagAdd,
    TagRemove,
)
from organiser.core.face import Box
from organiser.placing.encoding import decode_entry, decode_placed, encode_details, encode_entry
from organiser.placing.journal import Entry, Record

numbers = st.integers(0, 2**62)
paths = st.text(st.characters(exclude_characters="\0"), max_size=20) | st.just("caf\udce9.jpg")
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
boxes = st.builds(Box, *[st.floats(0, 1)] * 4)
tags = st.builds(
    Tag,
    paths,
    st.none() | st.floats(0, 1),
    st.none() | paths,
    st.lists(st.builds(Region, boxes, paths), max_size=2).map(tuple),
    st.none() | st.tuples(numbers, numbers),
)
stamps = st.builds(Stamp, numbers, numbers, numbers, st.none() | digests, st.none() | paths)
made = st.builds(Made, stamp=st.none() | stamps, path=st.none() | paths)
placed = st.builds(Placed, numbers, numbers, paths, made, st.none() | paths, st.none() | tags)
creates = st.builds(Create, numbers, paths, paths, size=numbers, mtime_ns=numbers)
steps = (
    creates
    | st.builds(Replace, placed, creates)
    | st.builds(Move, placed, paths)
    | st.builds(Remove, placed)
    | st.builds(Forget, placed)
    | st.builds(TagAdd, numbers, paths, tags, st.none() | placed)
    | st.builds(TagRemove, placed)
)
entries = st.builds(Entry, step=steps, made=st.none() | made, before=st.none() | st.binary(max_size=40))


@settings(deadline=None)
@given(entries)
def test_an_entry_survives_its_json(entry):
    text = json.dumps(encode_entry(entry))
    assert decode_entry(json.loads(text), entry.before) == entry
    assert text.isascii()


@settings(deadline=None)
@given(st.builds(Record, numbers, paths, made, st.none() | tags, st.none() | paths), paths)
def test_a_placement_survives_its_row(record, source):
    details = json.loads(json.dumps(encode_details(record)))
    decoded = decode_placed(7, record.photo_id, record.destination, record.made.mode, details, source)
    assert decoded == Placed(7, record.photo_id, record.destination, record.made, source, record.tag)
