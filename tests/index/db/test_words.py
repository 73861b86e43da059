"""An index made by the version before goes on working: migration 0003 puts what it holds into the new words."""

import gzip
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import func, inspect, select, text

from organiser import migrations
from organiser.index.db.engine import Index, open_engine, reading, writing
from organiser.index.db.schema import detections, failures, leases
from organiser.index.db.upgrade import upgrade
from organiser.index.tables import corrections, runs
from organiser.index.views import throughput
from organiser.index.work import pauses, scan_requests

_OLD_WORDS = Path(__file__).with_name("index-0002.db.gz")


def test_an_index_in_the_old_words_goes_on_in_the_new_ones(tmp_path: Path) -> None:
    """The file was made by the version before: three photos, one truncated; detecting is paused, a worker is gone."""
    (tmp_path / "index.db").write_bytes(gzip.decompress(_OLD_WORDS.read_bytes()))
    engine = open_engine(f"sqlite:///{tmp_path / 'index.db'}")
    upgrade(engine)
    with reading(engine) as tx:
        detected = select(func.count()).select_from(detections).group_by(detections.c.outcome)
        assert sorted(tx.execute(detected).scalars()) == [1, 2]
        assert tx.execute(select(failures.c.stage)).scalars().all() == ["detect"]
        assert tx.execute(select(leases.c.stage, leases.c.chunk_size)).all() == [("detect", 2)]
        assert set(pauses.paused_steps(tx)) == {"detect"}
        assert [(scan.folder, scan.deep) for scan in scan_requests.open_scans(tx, 2.0)] == [("", True)]
        assert throughput.workers(tx) == []
        (run,) = runs.latest(tx, 9)
        assert (run.counts["detected"], "looked" in run.counts) == (2, False)
        assert [face.verb for face in corrections.every(tx)] == ["is"]
    engine.dispose()


def test_the_new_words_can_be_taken_back(index: Index) -> None:
    with writing(index) as tx:
        pauses.pause(tx, "detect", 1.0)
        config = Config()
        config.set_main_option("script_location", migrations.__path__[0])
        config.attributes["connection"] = tx
        command.downgrade(config, "0002")
        names = inspect(tx).get_table_names()
        assert {"looks", "asked_scans"} <= set(names)
        assert not {"detections", "scan_requests"} & set(names)
        assert tx.execute(text("SELECT name FROM flags")).scalars().all() == ["paused:look"]
    upgrade(index)
    with reading(index) as tx:
        assert set(pauses.paused_steps(tx)) == {"detect"}
