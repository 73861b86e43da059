"""Settings: who wins, where a value came from, and errors that name both."""

from pathlib import Path

import pytest

from organiser.core.emotion import Emotion
from organiser.core.verdict import Rule
from organiser.errors import SettingsError
from organiser.settings import Origin, items, load


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "organiser.toml").write_text(
        'workers = 3\n[policy]\nrule = "any"\nthresholds = { sad = 0.7 }\n[scan]\nignore = ["/private/"]\n'
    )
    return tmp_path


def test_flags_win_over_environment_over_file_over_defaults(home: Path) -> None:
    environment = {"ORGANISER_HOME": str(home)}
    assert load(environment).workers == 3
    assert load(environment | {"ORGANISER_WORKERS": "4"}).workers == 4
    settings = load(environment | {"ORGANISER_WORKERS": "4"}, {"workers": 5})
    assert (settings.workers, settings.origins["workers"]) == (5, Origin.FLAG)
    assert (settings.policy.rule, settings.origins["policy.rule"]) == (Rule.ANY, Origin.FILE)
    assert settings.scan.grace_days == 30
    assert "scan.grace_days" not in settings.origins


def test_tables_lists_and_enums_are_read(home: Path) -> None:
    settings = load({"ORGANISER_HOME": str(home), "ORGANISER_WATCH_POLL": "/nas:/cloud"})
    assert settings.to_policy().thresholds == {Emotion.SAD: 0.7}
    assert settings.scan.ignore == ("/private/",)
    assert settings.watch.poll == ("/nas", "/cloud")


def test_every_setting_is_listed_with_its_origin_and_meaning(home: Path) -> None:
    listed = {item.key: item for item in items(load({"ORGANISER_HOME": str(home)}))}
    assert listed["policy.rule"].variable == "ORGANISER_POLICY_RULE"
    assert listed["policy.rule"].origin is Origin.FILE
    assert listed["home"].origin is Origin.ENVIRONMENT
    assert all(item.doc for item in listed.values())


@pytest.mark.parametrize(
    ("variable", "value"),
    [("WORKERS", "many"), ("POLICY_RULE", "loudest"), ("DETECT_KEEP_CROPS", "perhaps"), ("POLICY_THRESHOLDS", "{glad")],
)
def test_a_value_that_cannot_be_names_the_setting(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable.lower().replace("_", ".", 1)):
        load({"ORGANISER_HOME": str(tmp_path), f"ORGANISER_{variable}": value})


def test_a_key_that_no_setting_has_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "organiser.toml").write_text("[policy]\nrules = 1\n")
    with pytest.raises(SettingsError, match=r"policy\.rules"):
        load({"ORGANISER_HOME": str(tmp_path)})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "organiser.toml").write_text("= 1")
    with pytest.raises(SettingsError, match=r"organiser\.toml"):
        load({"ORGANISER_HOME": str(tmp_path)})


def test_the_index_lies_in_the_home_unless_told(tmp_path: Path) -> None:
    assert load({"ORGANISER_HOME": str(tmp_path)}).index == f"sqlite:///{tmp_path}/index.db"
    url = "postgresql+psycopg://host/db"
    assert load({"ORGANISER_HOME": str(tmp_path), "ORGANISER_INDEX_URL": url}).index == url


def test_judging_apart_needs_kept_crops(home: Path) -> None:
    """The detect step would hand on nothing that could be judged, and be asked to look again, for ever."""
    environment = {"ORGANISER_HOME": str(home), "ORGANISER_SERVICE_SEPARATE_JUDGE_WORKERS": "yes"}
    assert load(environment).service.separate_judge_workers
    with pytest.raises(SettingsError, match=r"service\.separate_judge_workers"):
        load(environment | {"ORGANISER_DETECT_KEEP_CROPS": "no"})


def test_a_default_threshold_of_an_emotion_never_lowers_the_one_set_for_all(tmp_path: Path) -> None:
    home = {"ORGANISER_HOME": str(tmp_path)}
    assert load(home).to_policy().least(Emotion.SAD) == 0.7
    assert load(home | {"ORGANISER_POLICY_THRESHOLD": "0.9"}).to_policy().least(Emotion.SAD) == 0.9
    chosen = home | {"ORGANISER_POLICY_THRESHOLD": "0.9", "ORGANISER_POLICY_THRESHOLDS": '{"sad": 0.6}'}
    assert load(chosen).to_policy().least(Emotion.SAD) == 0.6
