"""How common each emotion is in the library, as it was estimated last. The only writer of that switch."""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from organiser.core.emotion import Emotion
from organiser.core.judging.mixture import Mixture
from organiser.index import flags

FLAG = "policy_mixture"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mixture with what it was estimated from: how many faces, as which model (its label) read them, and when."""

    shares: Mixture
    faces: int
    model: str
    at: float


def stored(tx: Connection) -> Estimate | None:
    """Return the estimate in force, or None when there is none."""
    text = flags.get(tx, FLAG)
    if text is None:
        return None
    values = json.loads(text)
    return Estimate(**values | {"shares": {Emotion(name): share for name, share in values["shares"].items()}})


def put(tx: Connection, estimate: Estimate | None) -> None:
    """Let an estimate be in force, or none."""
    if estimate is None:
        flags.drop(tx, FLAG)
    else:
        flags.put(tx, FLAG, json.dumps(asdict(estimate)))
