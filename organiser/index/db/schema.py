"""The tables of the index. Owns their shape and nothing else; the modules beside it write and read them.

State is derived: no table has a status column. A photo is due for a step iff no outcome row carries the step's current
fingerprint. Moments (`at`, `added`, `expires` …) are seconds since the epoch; paths are relative to a root.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from organiser.index.db.types import Id, PathText, Vector, Wall

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _owned(target: str) -> ForeignKey:
    """A reference that goes when its owner goes."""
    return ForeignKey(target, ondelete="CASCADE")


_MISSING = text("missing_since IS NOT NULL")
_CHANGED = text("changed IS NOT NULL")
_ACTIVE = text("active")

roots = Table(
    "roots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("path", PathText, nullable=False, unique=True),
    Column("added", Double, nullable=False),
    Column("reconciled", Double),
    Column("offline_since", Double),
    Column("offline_reason", Text),
)

photos = Table(
    "photos",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("added", Double, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("taken", Wall),
    Column("camera", Text),
    Column("taken_from", String(8)),
    Index("ix_photos_taken", "taken", "id", "added"),
    Index(None, "added"),
    Index("ix_photos_camera", "camera", "taken", "id"),
)
"""Postgres has one more index, `ix_photos_newest`: backwards, `ix_photos_taken` gives those without a time first there."""

files = Table(
    "files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("root_id", Id, _owned("roots.id"), nullable=False),
    Column("relpath", PathText, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("device", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("photo_id", Id, _owned("photos.id")),
    Column("missing_since", Double),
    Column("changed", Double),
    UniqueConstraint("root_id", "relpath"),
    Index("ix_files_photo", "photo_id", "missing_since"),
    Index("ix_files_missing", "missing_since", sqlite_where=_MISSING, postgresql_where=_MISSING),
    Index("ix_files_changed", "id", sqlite_where=_CHANGED, postgresql_where=_CHANGED),
)
"""`changed` is when a scan saw another file at the path than the row tells of; until its picture is digested again."""

keywords = Table(
    "keywords",
    metadata,
    Column("file_id", Id, _owned("files.id"), primary_key=True),
    Column("keyword", Text, primary_key=True),
    Index(None, "keyword", "file_id"),
)

ratings = Table(
    "ratings",
    metadata,
    Column("file_id", Id, _owned("files.id"), primary_key=True),
    Column("rating", Integer, nullable=False),
    Index(None, "rating", "file_id"),
)
"""What other programs wrote into a file or its sidecar, as it was when the file was last read."""

detections = Table(
    "detections",
    metadata,
    Column("photo_id", Id, _owned("photos.id"), primary_key=True),
    Column("detector", String(128), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at", Double, nullable=False),
    CheckConstraint("outcome IN ('ok', 'no_face', 'failed')", name="outcome"),
    Index(None, "detector"),
)

faces = Table(
    "faces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("photo_id", Id, _owned("photos.id"), nullable=False),
    Column("subject", String(8), nullable=False),
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("w", Float, nullable=False),
    Column("h", Float, nullable=False),
    Column("landmarks", Text),
    Column("score", Float, nullable=False),
    Column("size", Float, nullable=False),
    Column("sharpness", Float, nullable=False),
    Column("gate", String(16)),
    CheckConstraint("subject IN ('face', 'photo')", name="subject"),
    Index(None, "photo_id"),
)
"""`subject` 'photo' is the one row per photo whose box is the whole picture and whose crop is its thumbnail."""

crops = Table(
    "crops",
    metadata,
    Column("face_id", Id, _owned("faces.id"), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("subject", String(8), nullable=False),
    Column("labels", Text, nullable=False),
    Column("path", PathText, nullable=False),
    Column("added", Double, nullable=False),
    Column("active", Boolean, nullable=False, server_default="0"),
    Index("ix_models_active", "active", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
)
"""`active` is the one that a person chose, at most one; while there is none, the shipped one serves."""

predictions = Table(
    "predictions",
    metadata,
    Column("face_id", Id, _owned("faces.id"), primary_key=True),
    Column("model_id", Id, _owned("models.id"), primary_key=True),
    Column("probabilities", Vector, nullable=False),
    Column("backend", String(32), nullable=False),
)
"""No index on the model: SQLite would start from it, and every model's rows are nearly all rows."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("photo_id", Id, _owned("photos.id"), primary_key=True),
    Column("model_id", Id, _owned("models.id"), nullable=False),
    Column("policy", String(16), nullable=False),
    Column("emotion", String(16)),
    Column("confidence", Float),
    Column("reason", String(16), nullable=False),
    Column("faces", Integer, nullable=False),
    Column("taken", Wall),
    Column("at", Double, nullable=False),
    Index("ix_verdicts_taken", "taken", "photo_id", "emotion", "confidence", "faces", "reason", "model_id"),
    Index("ix_verdicts_emotion", "emotion", "taken", "photo_id", "confidence", "faces", "reason", "model_id"),
    Index("ix_verdicts_reason", "reason", "taken", "photo_id", "emotion", "confidence", "faces", "model_id"),
    Index("ix_verdicts_faces", "faces", "taken", "photo_id", "emotion", "confidence", "reason", "model_id"),
    Index("ix_verdicts_confidence", "confidence", "taken", "photo_id"),
    Index(None, "emotion", "confidence"),
    Index(None, "model_id", "policy"),
)
"""What search reads: one current verdict a photo, corrections folded in; `taken` is copied so that one index serves.

The first four indexes hold every field that a query can ask of a verdict: walking one reads no row of the table.
"""

corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("photo_id", Id, _owned("photos.id"), nullable=False),
    Column("x", Float),
    Column("y", Float),
    Column("w", Float),
    Column("h", Float),
    Column("verb", String(8), nullable=False),
    Column("emotion", String(16)),
    Column("who", Text, nullable=False),
    Column("at", Double, nullable=False),
    CheckConstraint("verb IN ('is', 'is_not')", name="verb"),
    Index(None, "photo_id"),
)
"""A box means one face, no box the whole photo; `is` with no emotion means "nothing of the kind", `is_not` "no face"."""

collections = Table(
    "collections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("query", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("target", PathText),
    Column("layout", Text),
    Column("added", Double, nullable=False),
    Column("held_since", Double),
)
"""Since `held_since`, when a person undid what was placed in it, a collection stays as it is until a person syncs it."""

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("origin", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double),
    Column("cancelled", Boolean, nullable=False, server_default="0"),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("error", Text),
    Index(None, "ended"),
)

scan_requests = Table(
    "scan_requests",
    metadata,
    Column("root_id", Id, _owned("roots.id"), primary_key=True),
    Column("folder", PathText, primary_key=True),
    Column("deep", Boolean, primary_key=True),
    Column("run_id", Id, _owned("runs.id")),
    Column("quiet", Double, nullable=False),
    Column("token", String(16), nullable=False),
    Column("owner", String(128)),
    Column("expires", Double, nullable=False),
)
"""Folders that are to be scanned, `deep` with all below them.

Until `expires` nobody needs to be told again: the message is on its way, or `owner` is at it.
"""

placing_requests = Table(
    "placing_requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("claimed", Boolean, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""One row while the collections are to be brought in line; `claimed` once somebody is at it."""

placements = Table(
    "placements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("collection_id", Id, _owned("collections.id"), nullable=False),
    Column("photo_id", Id, _owned("photos.id"), nullable=False),
    Column("destination", PathText, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("details", Text, nullable=False),
    Column("at", Double, nullable=False),
    UniqueConstraint("collection_id", "destination"),
    Index(None, "photo_id"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("run_id", Id, _owned("runs.id"), nullable=False),
    Column("collection_id", Id),
    Column("photo_id", Id, nullable=False),
    Column("step", Text, nullable=False),
    Column("before", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("at", Double, nullable=False),
    CheckConstraint("state IN ('planned', 'done', 'undone')", name="state"),
    Index(None, "run_id"),
    Index(None, "state"),
    Index(None, "photo_id"),
)
"""`photo_id` and `collection_id` may be of what is gone: an entry outlives both."""


def _leases(name: str, item: str, of: str) -> Table:
    return Table(
        name,
        metadata,
        Column("stage", String(16), primary_key=True),
        Column(item, Id, _owned(of), primary_key=True),
        Column("owner", String(128), nullable=False),
        Column("expires", Double, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("chunk_size", Integer, nullable=False),
        Index(None, "expires"),
    )


leases = _leases("leases", "photo_id", "photos.id")
"""Work in progress. `attempts` is raised before work starts; `chunk_size` is how many photos share the chunk."""

file_leases = _leases("file_leases", "file_id", "files.id")
"""The same for files whose photo is not known yet."""

failures = Table(
    "failures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("photo_id", Id, _owned("photos.id")),
    Column("file_id", Id, _owned("files.id")),
    Column("kind", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("retry_at", Double),
    UniqueConstraint("stage", "photo_id", "file_id"),
    Index(None, "file_id"),
    Index(None, "photo_id"),
)
"""`retry_at` is set on transient failures only; a permanent one waits for the file, or a person, to change its mind."""

schedules = Table(
    "schedules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("cron", String(128), nullable=False),
    Column("action", String(32), nullable=False),
    Column("arguments", Text, nullable=False, server_default="{}"),
    Column("enabled", Boolean, nullable=False, server_default="1"),
    Column("last_run", Double),
)

locks = Table(
    "locks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("token", String(32), nullable=False),
    Column("expires", Double, nullable=False),
)
"""`token` is another one each time a lock is taken: who has it can tell whether it is still its own."""

pauses = Table(
    "pauses",
    metadata,
    Column("step", String(16), primary_key=True),
    Column("since", Double, nullable=False),
    Column("run_id", Id, _owned("runs.id")),
)
"""Steps that take no work. A cancelled run, `run_id`, pauses the sweep: what it left due lies."""

workers = Table(
    "workers",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("queues", Text, nullable=False),
    Column("processes", Integer, nullable=False),
    Column("device", String(16), nullable=False),
    Column("at", Double, nullable=False),
)
"""The last heartbeat of each worker; `queues` is a JSON list."""

flags = Table(
    "flags",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""What was done once in an index's life and is not to be done again."""
