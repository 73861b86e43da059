"""Corrections from another index, or an earlier day: taken where nobody said otherwise here.

Photos are known by the digest of their picture, faces by where they lie in it. Importing twice is once.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from organiser.core.chunks import chunks
from organiser.core.judging.correction import SAME_FACE_OVERLAP, Correction, is_no_face, overlap
from organiser.core.photo import PhotoId
from organiser.index.db.engine import Transaction, reading
from organiser.index.tables import corrections, erase
from organiser.jobs.corrections.correct import record_corrections
from organiser.jobs.corrections.correction_file import PortableCorrection, read
from organiser.jobs.messages import Place
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.place import place

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Conflict:
    """What a file says of a photo or face, and what somebody said of it here."""

    theirs: PortableCorrection
    ours: Correction


@dataclass(slots=True)
class Findings:
    """What importing a file means.

    Attributes:
        taken: corrections that are new here, or take the place of others.
        known: how many are here already.
        unknown: those of photos that this index does not know.
        conflicts: those that contradict what somebody said here.
    """

    taken: list[Correction] = field(default_factory=list)
    known: int = 0
    unknown: list[PortableCorrection] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def findings(services: Services, path: Path, *, theirs: bool = False) -> Findings:
    """Compare a file, or the one in an export's folder, with what people said here; changes nothing.

    Args:
        theirs: where the two contradict each other the file is right; otherwise what was said here stays.

    Raises:
        Permanent: it is no file of corrections.
    """
    found = Findings()
    with reading(services.engine) as tx:
        for part in chunks(read(path), _CHUNK):
            _compare(tx, part, found, theirs=theirs)
    return found


def take(services: Services, found: Findings) -> Outcome:
    """Record what is to be taken, as said by whom and when the file has it, and let the collections follow."""
    record_corrections(services, found.taken)
    done = place(services, Place(tuple(dict.fromkeys(correction.photo_id for correction in found.taken))))
    done.counts["corrections"] = len(found.taken)
    return done


def _compare(tx: Transaction, part: Sequence[PortableCorrection], found: Findings, *, theirs: bool) -> None:
    ids = erase.photos_of_digests(tx, [each.digest for each in part])
    here: defaultdict[PhotoId, list[Correction]] = defaultdict(list)
    here.update(corrections.of_photos(tx, list(ids.values())))
    for taken in found.taken:  # of the chunks before
        if taken.photo_id in here:
            here[taken.photo_id].append(taken)
    for each in part:
        photo_id = ids.get(each.digest)
        if photo_id is None:
            found.unknown.append(each)
            continue
        same = sorted(
            (ours for ours in here[photo_id] if overlap(ours.box, each.box) >= SAME_FACE_OVERLAP),
            key=lambda ours: -overlap(ours.box, each.box),
        )
        if any((ours.verb, ours.emotion) == (each.verb, each.emotion) for ours in same):
            found.known += 1
            continue
        contradicting = [ours for ours in same if _contradict(ours, each)]
        if contradicting and not theirs:
            found.conflicts.append(Conflict(each, contradicting[0]))
            continue
        box = same[0].box if same else each.box  # the box that is known here, so that the new word takes its place
        taken = Correction(photo_id, box, each.verb, each.emotion, each.who, each.at)
        found.taken.append(taken)
        here[photo_id] = [ours for ours in here[photo_id] if ours not in contradicting] + [taken]


def _contradict(ours: Correction, theirs: PortableCorrection) -> bool:
    """Whether both cannot be said of one subject: two emotions, one and its opposite, or anything of what is no face."""
    if ours.no_face or is_no_face(theirs.verb, theirs.emotion):
        return True
    if ours.verb == theirs.verb == "is":
        return ours.emotion != theirs.emotion
    return ours.verb != theirs.verb and ours.emotion == theirs.emotion
