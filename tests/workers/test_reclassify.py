"""Judging again by another model: planned, costed, tried, and then done from stored crops alone."""

import json
import shutil
from pathlib import Path

from click.testing import CliRunner

from organiser.cli.main import group
from organiser.core.emotion import Emotion
from organiser.jobs.actions import reclassify
from organiser.jobs.messages import Message
from organiser.jobs.services import Services
from organiser.jobs.steps.handle import handle
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.workers.service_process import Service, draw, scan_everything, verdicts


def _judged(service: Service) -> Services:
    draw(service.library, 10)
    services = service.open()
    waiting: list[Message] = [scan_everything(services, service.library)]
    while waiting:
        waiting += handle(services, waiting.pop()).messages
    return services


def _blind_to_sadness(service: Service) -> Path:
    return write_stub_bundle(service.home / "blind", name="blind", labels=(Emotion.HAPPY, Emotion.ANGRY))


def test_the_plan_for_a_new_model_says_which_verdicts_flip_and_records_nothing(service: Service) -> None:
    services = _judged(service)
    before = verdicts(services)
    plan = reclassify.plan(services, name=str(_blind_to_sadness(service)))
    assert (plan.photos, plan.faces, plan.compared) == (10, 10, 10)
    assert plan.seconds is not None
    assert plan.seconds > 0
    assert {flip.before for flip in plan.flips} == {Emotion.SAD}
    assert len(plan.flips) == 5
    assert verdicts(services) == before
    assert reclassify.plan(services) == reclassify.Plan(0, 0, None)


def test_a_sample_is_spread_over_the_library(service: Service) -> None:
    services = _judged(service)
    plan = reclassify.plan(services, name=str(_blind_to_sadness(service)), most=5)
    assert (plan.photos, plan.compared) == (10, 5)


def test_a_query_limits_what_is_judged_again(service: Service) -> None:
    services = _judged(service)
    reclassify.activate(services, str(_blind_to_sadness(service)))
    (message,) = reclassify.messages(services, "path:00003.jpg")
    assert len(message.photo_ids) == 1


def test_the_command_judges_again_from_crops_when_the_photos_are_away(service: Service) -> None:
    services = _judged(service)
    bundle = str(_blind_to_sadness(service))
    shutil.rmtree(service.library)

    def run(*words: str) -> dict[str, object]:
        result = CliRunner().invoke(group, ["reclassify", *words, "--json"], env=service.environment)
        assert result.exit_code == 0, result.output
        found: dict[str, object] = json.loads(result.stdout)
        return found

    planned = run("--model", bundle, "--dry-run")
    assert planned["changes"] == [{"from": "sad", "to": None, "photos": 5}] or planned["photos"] == 10
    assert run("--model", bundle)["judged"] == 10
    assert {row[0] for row in verdicts(services).values()} <= {"happy", "angry", None}
