"""The table of steps: every kind of message has a row, and every queue of the service is a row's."""

import subprocess
import sys
import typing
from dataclasses import fields

import pytest

from organiser.core.photo import PhotoId, RootId
from organiser.index.work.pauses import STEPS as PAUSABLE
from organiser.jobs.messages import Detect, Judge, Message, Place, ScanRoot
from organiser.jobs.steps.handle import HANDLERS
from organiser.jobs.steps.table import STEPS, step_of
from organiser.workers.app import STEPS as QUEUES


def test_every_kind_of_message_has_a_row_and_a_handler():
    assert set(STEPS) == set(HANDLERS) == set(typing.get_args(Message))


def test_who_queues_a_message_loads_no_handler_and_no_decoder():
    heavy = "{'cv2', 'numpy', 'organiser.jobs.steps.handle'}"
    code = f"import sys, organiser.workers.dispatch; sys.exit(bool({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.__name__)
def test_what_a_step_leases_is_a_field_of_its_message(kind):
    leased = STEPS[kind].leased
    assert leased is None or leased in {field.name for field in fields(kind)}


def test_what_reads_pictures_has_a_time_limit_and_what_is_as_long_as_the_library_has_none():
    photos = (PhotoId(1), PhotoId(2))
    few, single = step_of(Detect(photos)).limit(Detect(photos)), step_of(Detect(photos[:1])).limit(Detect(photos[:1]))
    assert few is not None
    assert single is not None
    assert few > single
    assert step_of(Judge(photos)).limit(Judge(photos)) is not None
    assert step_of(ScanRoot(RootId(1))).limit(ScanRoot(RootId(1))) is None
    assert step_of(Place()).limit(Place()) is None


def test_every_step_has_a_queue_that_the_service_empties_and_can_be_paused():
    queues = {step.queue for step in STEPS.values()}
    assert queues == set(QUEUES)
    assert queues - {"maintain"} == set(PAUSABLE)
