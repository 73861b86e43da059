"""The table of steps: every kind of message has a row, and every queue of the service is a row's."""

import typing
from dataclasses import fields

import pytest

from organiser.index.work.pauses import STEPS as PAUSABLE
from organiser.jobs.messages import Message
from organiser.jobs.steps.table import STEPS
from workers.app import STEPS as QUEUES


def test_every_kind_of_message_has_a_row():
    assert set(STEPS) == set(typing.get_args(Message))


@pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.__name__)
def test_what_a_step_leases_is_a_field_of_its_message(kind):
    leased = STEPS[kind].leased
    assert leased is None or leased in {field.name for field in fields(kind)}


def test_every_step_has_a_queue_that_the_service_empties_and_can_be_paused():
    queues = {step.queue for step in STEPS.values()}
    assert queues == set(QUEUES)
    assert queues - {"tend"} == set(PAUSABLE)
