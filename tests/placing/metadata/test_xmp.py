"""Our keywords in other programs' packets: added beside theirs, and taken out without a trace."""

import re

import pyexiv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from organiser.core.collections.placement import Region, Tag
from organiser.core.face import Box
from organiser.placing.metadata.rdf import DC, DIGIKAM, LI, LIGHTROOM, OURS, REGIONS, NotXmpError, Packet
from organiser.placing.metadata.xmp import foreign_keywords, tagged, untagged
from tests.placing.sidecars import SAMPLES, meaning

SMILE = Tag("happy", 0.934, "net@1")
FACES = Tag(
    "happy",
    0.9,
    "net@1",
    (Region(Box(0.1, 0.2, 0.3, 0.4), "happy"), Region(Box(0.5, 0, 0.1, 0.1), "sad")),
    (4000, 3000),
)
SUBJECT, HIERARCHY, TAGS_LIST = DC + "subject", LIGHTROOM + "hierarchicalSubject", DIGIKAM + "TagsList"


@pytest.fixture(params=SAMPLES)
def sample(request):
    return SAMPLES[request.param]


def test_a_new_packet_says_all_three_dialects_confidence_and_model():
    stated = meaning(tagged(None, SMILE))
    assert stated[SUBJECT] == ("Bag", [("happy", None)])
    assert stated[HIERARCHY] == ("Bag", [("Emotion|happy", None)])
    assert stated[TAGS_LIST] == ("Seq", [("Emotion/happy", None)])
    assert stated[OURS + "confidence"] == "0.93"
    assert stated[OURS + "model"] == "net@1"


def test_a_name_that_no_xml_may_hold_is_written_and_taken_out_again():
    tag = Tag("a\0\x1b\udcff|b", 0.9, "net\x01\uffff@1")
    packet = tagged(None, tag)
    assert meaning(packet)[SUBJECT] == ("Bag", [("a\ufffd\ufffd\ufffd-b", None)])
    assert meaning(packet)[OURS + "model"] == "net\ufffd\ufffd@1"
    assert tagged(packet, tag) == packet
    assert untagged(packet, "a\0\x1b\udcff|b") is None


def test_a_tag_is_added_beside_what_is_there(sample):
    before, after = meaning(sample), meaning(tagged(sample, SMILE))
    for name, value in before.items():
        if name in (SUBJECT, HIERARCHY, TAGS_LIST):
            kind, items = value
            assert after[name][0] == kind
            assert after[name][1][: len(items)] == items
        else:
            assert after[name] == value
    texts = [text for text, _ in after[SUBJECT][1]]
    assert texts.count("happy") == 1
    new = after.keys() - before.keys() - {SUBJECT, HIERARCHY, TAGS_LIST}
    assert all(name.startswith(OURS) for name in new)


@pytest.mark.parametrize("tag", [SMILE, FACES, Tag("sad")])
def test_tagged_and_untagged_it_means_what_it_meant(sample, tag):
    after = untagged(tagged(sample, tag))
    assert meaning(after) == meaning(sample)
    assert after.count(b"<!--") == sample.count(b"<!--")
    assert after.count(b"<![CDATA[") == sample.count(b"<![CDATA[")
    assert after.startswith(b"<?xml ") == sample.startswith(b"<?xml ")
    assert after.count(b"<?xpacket") == sample.count(b"<?xpacket")


@pytest.mark.parametrize("name", ["lightroom", "darktable", "digikam"])
def test_exiv2_reads_the_same_before_and_after(name, tmp_path):
    sample = SAMPLES[name]

    def read(data):
        path = tmp_path / "photo.jpg.xmp"
        path.write_bytes(data)
        with pyexiv2.Image(str(path)) as image:
            return image.read_xmp(), image.read_exif(), image.read_iptc()

    between = read(tagged(sample, FACES))
    assert "happy" in between[0]["Xmp.dc.subject"]
    assert "Emotion|happy" in between[0]["Xmp.lr.hierarchicalSubject"]
    assert "Emotion/happy" in between[0]["Xmp.digiKam.TagsList"]
    assert any(name.startswith("Xmp.mwg-rs.Regions/mwg-rs:RegionList") for name in between[0])
    assert read(untagged(tagged(sample, FACES))) == read(sample)


def test_nothing_changes_when_nothing_is_new(sample):
    once = tagged(sample, FACES)
    assert tagged(once, FACES) is once
    assert untagged(sample) is sample
    assert untagged(once, "sad") is once


def test_a_keyword_that_was_there_before_stays_when_ours_goes():
    sample = SAMPLES["darktable"]
    assert meaning(untagged(tagged(sample, SMILE)))[SUBJECT] == ("Seq", [("darktable", None), ("happy", None)])


@pytest.mark.parametrize("word", [b"Happy", b"HAPPY"])
def test_a_keyword_in_other_letters_is_not_added_again(word):
    sample = SAMPLES["darktable"].replace(b"<rdf:li>happy<", b"<rdf:li>" + word + b"<")
    texts = [text for text, _ in meaning(tagged(sample, SMILE))[SUBJECT][1]]
    assert texts == ["darktable", word.decode()]


def test_two_collections_share_a_packet():
    both = tagged(tagged(None, SMILE), Tag("group", 0.934, "net@1"))
    left = untagged(both, "happy")
    assert meaning(left)[SUBJECT] == ("Bag", [("group", None)])
    assert meaning(left)[OURS + "confidence"] == "0.93"
    assert untagged(left, "group") is None
    assert untagged(both) is None


def test_a_packet_of_ours_that_others_used_too_is_kept():
    ours = tagged(None, SMILE)
    theirs = Packet(ours)
    theirs.set_text("{http://ns.adobe.com/xap/1.0/}Rating", "5")
    after = untagged(theirs.to_bytes())
    assert meaning(after) == {"about": {""}, "{http://ns.adobe.com/xap/1.0/}Rating": "5"}


def test_a_keyword_that_a_person_took_out_is_not_put_back():
    packet = tagged(SAMPLES["lightroom"], SMILE)
    without = re.sub(rb"\s*<rdf:li>happy</rdf:li>", b"", packet, count=1)
    again = tagged(without, Tag("happy", 0.5, "net@2"))
    assert [text for text, _ in meaning(again)[SUBJECT][1]] == ["holiday", "Zürich"]
    assert meaning(again)[OURS + "model"] == "net@2"
    assert meaning(untagged(again)) == meaning(SAMPLES["lightroom"])


def test_another_confidence_or_model_is_written_and_a_lost_one_goes():
    packet = tagged(tagged(None, SMILE), Tag("happy", 0.5, None))
    assert meaning(packet)[OURS + "confidence"] == "0.50"
    assert OURS + "model" not in meaning(packet)


def test_what_another_program_rewrote_in_its_own_form_is_still_ours():
    packet = tagged(SAMPLES["lightroom"], SMILE)
    stated = meaning(packet)
    assert stated[OURS + "confidence"] == "0.93"
    elements = re.sub(rb' organiser:(confidence|model)="([^"]*)"', b"", packet).replace(
        b"<organiser:keywords>",
        b"<organiser:confidence>0.93</organiser:confidence><organiser:model>net@1</organiser:model><organiser:keywords>",
    )
    assert meaning(elements) == stated
    assert tagged(elements, SMILE) is elements
    assert meaning(untagged(elements)) == meaning(SAMPLES["lightroom"])


@pytest.mark.parametrize(
    "subject",
    ["<dc:subject>beach</dc:subject>", "<dc:subject><rdf:Alt><rdf:li>beach</rdf:li></rdf:Alt></dc:subject>"],
)
def test_a_keyword_list_of_another_form_is_understood(subject):
    sample = packet_with(f"<rdf:Description>{subject}</rdf:Description>")
    assert [text for text, _ in meaning(tagged(sample, SMILE))[SUBJECT][1]] == ["beach", "happy"]
    assert list(foreign_keywords(tagged(sample, SMILE))) == ["beach"]


def test_a_keyword_in_an_attribute_is_understood():
    sample = packet_with('<rdf:Description rdf:about="" dc:subject="beach"/>')
    assert list(foreign_keywords(sample)) == ["beach"]
    assert [text for text, _ in meaning(tagged(sample, SMILE))[SUBJECT][1]] == ["beach", "happy"]
    assert [text for text, _ in meaning(untagged(tagged(sample, SMILE)))[SUBJECT][1]] == ["beach"]


def packet_with(descriptions):
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{descriptions}</rdf:RDF>'
    ).encode()


def test_other_encodings_are_kept():
    text = SAMPLES["lightroom"].decode()
    wide = ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")
    after = untagged(tagged(wide, SMILE))
    assert after[:2] == wide[:2]
    assert "encoding='UTF-16'" in after.decode("utf-16")
    assert meaning(after) == meaning(SAMPLES["lightroom"])


@pytest.mark.parametrize(
    "data",
    [b"not XML", b"<x/>", b"<rdf:RDF>", b"\xff\xd8\xff\xe0", SAMPLES["odd"][:100]]
    + [b'<!DOCTYPE a [<!ENTITY b "c">]>' + SAMPLES["odd"]]
    + [
        packet_with(
            '<rdf:Description><dc:subject rdf:parseType="Resource"><dc:x>y</dc:x></dc:subject></rdf:Description>'
        )
    ],
)
def test_what_is_no_xmp_is_never_edited(data):
    with pytest.raises(NotXmpError):
        tagged(data, SMILE)


def test_an_empty_file_gets_a_packet_and_keeps_its_frame():
    for empty in (b"", b" \n", b"\0\0"):
        packet = tagged(empty, SMILE)
        assert meaning(packet)[SUBJECT] == ("Bag", [("happy", None)])
        assert meaning(untagged(packet)) == {}


def test_keywords_of_others_are_read_and_ours_are_not():
    packet = tagged(SAMPLES["digikam"], SMILE)
    assert list(foreign_keywords(packet)) == ["People|Anna", "People|Anna", "Emotion|calm"]
    assert list(foreign_keywords(SAMPLES["darktable"])) == ["darktable", "happy", "darktable|format|jpg"]


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)


@settings(deadline=None)
@given(st.lists(words.map(str.strip).filter(bool), unique_by=lambda word: Tag(word).path[-1].casefold(), max_size=4))
def test_any_words_come_and_go(texts):
    packet = SAMPLES["lightroom"]
    for text in texts:
        packet = tagged(packet, Tag(text))
    for text in reversed(texts):
        packet = untagged(packet, text)
    assert meaning(packet) == meaning(SAMPLES["lightroom"])


def regions(data):
    root = etree.fromstring(data.strip())
    area = "{http://ns.adobe.com/xmp/sType/Area#}"
    return [
        tuple(float(one.get(area + key)) for key in "xywh")
        for one in root.iter("{http://www.metadataworkinggroup.com/schemas/regions/}Area")
    ]


def test_regions_are_centres_of_the_upright_picture_and_come_last():
    packet = tagged(SAMPLES["lightroom"], FACES)
    assert regions(packet) == [(0.4, 0.3, 0.1, 0.2), (0.25, 0.4, 0.3, 0.4), (0.55, 0.05, 0.1, 0.1)]
    assert b'stDim:w="4000"' in packet
    fresh = tagged(None, FACES)
    assert regions(fresh) == regions(packet)[1:]
    assert re.search(rb'AppliedToDimensions[^>]*stDim:w="4000"[^>]*stDim:h="3000"', fresh)


def test_regions_follow_the_faces_and_go_when_switched_off():
    packet = tagged(SAMPLES["digikam"], FACES)
    fewer = tagged(packet, Tag("happy", 0.9, "net@1", FACES.regions[1:], FACES.dimensions))
    assert regions(fewer) == [(0.5, 0.5, 0.2, 0.2), (0.55, 0.05, 0.1, 0.1)]
    assert regions(tagged(fewer, Tag("happy", 0.9, "net@1"))) == [(0.5, 0.5, 0.2, 0.2)]


OFF = Tag("happy", 0.93, "net@1", (), FACES.dimensions)


def test_regions_that_were_switched_off_leave_no_trace(sample):
    off = tagged(tagged(sample, FACES), OFF)
    assert regions(off) == regions(sample)
    assert tagged(off, OFF) is off
    assert meaning(untagged(off)) == meaning(sample)


def test_regions_that_were_switched_off_leave_no_sidecar():
    off = tagged(tagged(None, FACES), OFF)
    assert b"Regions" not in off
    assert untagged(off) is None
    assert regions(tagged(off, FACES)) == regions(tagged(None, FACES))


def test_a_list_of_regions_that_others_emptied_goes_only_if_it_was_ours():
    emptied = Packet(tagged(None, FACES))
    for li in list(emptied.find(REGIONS).iter(LI)):
        emptied.remove(li)
    assert untagged(emptied.to_bytes()) is None
    theirs = packet_with(
        '<rdf:Description rdf:about="" xmlns:m="http://www.metadataworkinggroup.com/schemas/regions/">'
        "<m:Regions><rdf:Description><m:RegionList><rdf:Bag/></m:RegionList></rdf:Description>"
        "</m:Regions></rdf:Description>"
    )
    assert meaning(untagged(tagged(theirs, FACES))) == meaning(theirs)


def test_no_regions_are_written_unless_asked_for():
    assert regions(tagged(None, SMILE)) == []
    assert regions(tagged(None, Tag("happy", regions=FACES.regions))) == []
