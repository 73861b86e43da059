"""Other programs' keywords as corrections: somebody tagged a photo "smile" years ago, so a person has said it is happy.

Owns which words mean an emotion. Only plain words count, or words below a heading that is about emotions: a person
called Joy, or a place called Happy Valley, is none. Keywords that we wrote are never read back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from organiser.core.chunks import chunks
from organiser.core.emotion import Emotion
from organiser.core.photo import PhotoId
from organiser.errors import PlacingError
from organiser.index.db.engine import reading
from organiser.index.tables import corrections, erase, library
from organiser.index.tables.library import Located
from organiser.jobs.corrections.correct import Saying, record
from organiser.jobs.messages import Place
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.place import place
from organiser.placing.metadata.keywords import read_keywords

WORDS: Mapping[str, Emotion] = {
    "happy": Emotion.HAPPY,
    "happiness": Emotion.HAPPY,
    "smile": Emotion.HAPPY,
    "smiles": Emotion.HAPPY,
    "smiling": Emotion.HAPPY,
    "laughing": Emotion.HAPPY,
    "laughter": Emotion.HAPPY,
    "sad": Emotion.SAD,
    "sadness": Emotion.SAD,
    "crying": Emotion.SAD,
    "angry": Emotion.ANGRY,
    "anger": Emotion.ANGRY,
    "surprised": Emotion.SURPRISE,
    "afraid": Emotion.FEAR,
    "scared": Emotion.FEAR,
    "disgusted": Emotion.DISGUST,
}
"""Plain keywords, in lower case, that mean an emotion."""

HEADINGS = frozenset({"emotion", "emotions", "expression", "facial expression", "mood"})
"""Keywords in lower case below which an emotion's own name counts, as in `Emotion|neutral` or `Mood/Happy`."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """A photo with keywords that mean an emotion, or whose keywords could not be read.

    Attributes:
        emotion: what they mean; None when they disagree or could not be read.
        note: why nothing is imported, or None when it is.
    """

    photo_id: PhotoId
    path: str
    keywords: tuple[str, ...]
    emotion: Emotion | None
    note: str | None = None


def meaning(keyword: str) -> Emotion | None:
    """Return the emotion a keyword means, or None; levels are separated by '|' or '/'.

    >>> meaning("Smile"), meaning("Emotion|sad"), meaning("mood/Happy"), meaning("Places|Happy")
    (<Emotion.HAPPY: 'happy'>, <Emotion.SAD: 'sad'>, <Emotion.HAPPY: 'happy'>, None)
    """
    *above, leaf = keyword.lower().replace("/", "|").split("|")
    leaf = leaf.strip()
    if not above:
        return WORDS.get(leaf)
    if above[-1].strip() not in HEADINGS:
        return None
    return Emotion(leaf) if leaf in set(Emotion) else WORDS.get(leaf)


def findings(services: Services, photo_ids: Sequence[PhotoId] | None = None) -> Iterator[Finding]:
    """Yield what the keywords of these photos (None: of all) say; reads their files, changes nothing."""
    for part in _pages(services, photo_ids):
        with reading(services.engine) as tx:
            places = library.present_files(tx, part)
            by_person = corrections.of_photos(tx, part)
        for photo_id, photo_places in places.items():
            found = _finding(
                services,
                photo_id,
                photo_places,
                corrected=any(finding.box is None for finding in by_person.get(photo_id, ())),
            )
            if found is not None:
                yield found


def take(services: Services, found: Sequence[Finding], who: str) -> Outcome:
    """Record what was found as corrections by `who`, counted under "corrections", and let the collections follow."""
    taken: list[PhotoId] = []
    for emotion in Emotion:
        photo_ids = [finding.photo_id for finding in found if finding.emotion is emotion and finding.note is None]
        record(services, photo_ids, Saying(emotion), who)
        taken += photo_ids
    done = place(services, Place(tuple(taken)))
    done.counts["corrections"] = len(taken)
    return done


def _finding(services: Services, photo_id: PhotoId, places: Sequence[Located], *, corrected: bool) -> Finding | None:
    path = services.here(places[0].path)
    try:
        every = [word for place in places for word in read_keywords(services.here(place.path))]
    except PlacingError as error:
        return Finding(photo_id, path, (), None, error.reason)
    words = tuple(dict.fromkeys(word for word in every if meaning(word) is not None))
    meant = {meaning(word) for word in words}
    if not meant:
        return None
    if len(meant) > 1:
        return Finding(photo_id, path, words, None, "the keywords disagree")
    return Finding(photo_id, path, words, meant.pop(), "somebody corrected it here already" if corrected else None)


def _pages(services: Services, photo_ids: Sequence[PhotoId] | None) -> Iterator[Sequence[PhotoId]]:
    if photo_ids is not None:
        yield from chunks(photo_ids, _CHUNK)
        return
    after = 0
    while True:
        with reading(services.engine) as tx:
            part = erase.page(tx, after=after, limit=_CHUNK)
        if not part:
            return
        yield part
        after = part[-1]
