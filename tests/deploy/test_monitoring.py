"""Dashboard and alert rules speak of metrics that there are, and Prometheus takes the rules."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from organiser.bootstrap import open_services
from organiser.settings.reading import load
from organiser.workers.service.metrics import IndexCollector
from tests.deploy.conftest import ROOT

_RULES = ROOT / "deploy" / "alerts.yml"
_DASHBOARD = ROOT / "deploy" / "grafana.json"
_NAME = re.compile(r"\borganiser_[a-z_]+")
_PROMTOOL = shutil.which("promtool")


@pytest.fixture
def metrics(tmp_path: Path) -> set[str]:
    """Every metric that a service answers."""
    settings = load({"ORGANISER_HOME": str(tmp_path), "ORGANISER_DETECTOR": "drawn"})
    return {metric.name for metric in IndexCollector(settings, open_services(settings)).collect()}


def _expressions() -> dict[str, list[str]]:
    rules = [rule for group in yaml.safe_load(_RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
    panels = json.loads(_DASHBOARD.read_text("utf-8"))["panels"]
    return {
        "alerts": [rule["expr"] for rule in rules],
        "dashboard": [target["expr"] for panel in panels for target in panel["targets"]],
    }


def test_every_metric_named_there_is(metrics: set[str]) -> None:
    for where, expressions in _expressions().items():
        named = {name for expression in expressions for name in _NAME.findall(expression)}
        assert named, where
        assert named - metrics == set(), where


def test_the_dashboard_shows_every_metric_and_the_docs_explain_it(metrics: set[str]) -> None:
    shown = {name for expression in _expressions()["dashboard"] for name in _NAME.findall(expression)}
    assert metrics - shown == set()
    documented = set(_NAME.findall((ROOT / "docs" / "service.md").read_text("utf-8")))
    assert metrics - documented == set()


def test_the_dashboard_has_panels_apart_and_each_alert_says_what_to_do() -> None:
    dashboard = json.loads(_DASHBOARD.read_text("utf-8"))
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]}
    assert len(places) == len(dashboard["panels"])
    for group in yaml.safe_load(_RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert {"summary", "description"} <= rule["annotations"].keys(), rule["alert"]


if _PROMTOOL:  # Prometheus's own check; elsewhere left out

    @pytest.mark.parametrize("words", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
    def test_prometheus_takes_the_rules(words: tuple[str, ...]) -> None:
        done = subprocess.run([_PROMTOOL, *words], cwd=_RULES.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
