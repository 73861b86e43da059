"""Settings: who wins, where a value came from, and errors that name both."""

import os
from pathlib import Path

import pytest

from organiser.core.emotion import Emotion
from organiser.core.judging.verdict import Rule
from organiser.errors import SettingsError
from organiser.settings.reading import items, load, read
from organiser.settings.values import Origin


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


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("POLICY_THRESHOLD", "1.7", "0 to 1"),
        ("POLICY_THRESHOLD", "nan", "0 to 1"),
        ("POLICY_THRESHOLD", "-1", "0 to 1"),
        ("POLICY_THRESHOLDS", '{"sad": 7}', "0 to 1"),
        ("POLICY_THRESHOLDS", '{"sda": 0.7}', "emotions"),
        ("POLICY_THRESHOLDS", "[" * 100_000, "emotions"),
        ("POLICY_RULE", "larges", "did you mean largest"),
        ("WORKERS", "-3", "0 to 1024"),
        ("WORKERS", "2.5", "0 to 1024"),
        ("DEVICE", "tpu", "cpu, gpu"),
        ("DETECTOR", "yunett", "did you mean yunet"),
        ("INDEX_URL", "foo", "sqlite"),
        ("INDEX_URL", "mysql://a/b", "postgresql"),
        ("INDEX_URL", "postgresql+psycopg://me:secret@host:port/photos", "postgresql"),
        ("BROKER_URL", "localhost", "redis"),
        ("SCAN_LOSS_SHARE", "25", "0 to 1"),
        ("DETECT_MAX_MEGABYTES", "inf", "more than 0"),
        ("DETECT_MEMORY_MEGABYTES", "1e300", "0 or more"),
        ("WATCH_POLL_SECONDS", "0", "more than 0"),
        ("SERVICE_PORT", "70000", "0 to 65535"),
    ],
)
def test_a_value_out_of_its_range_is_refused_with_what_is_allowed(
    tmp_path: Path, variable: str, value: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"ORGANISER_HOME": str(tmp_path), f"ORGANISER_{variable}": value})
    assert f"ORGANISER_{variable}" in str(refused.value)
    assert allowed in str(refused.value)
    assert len(str(refused.value)) < 500
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "line",
    ["workers = true", "workers = 2.5", "device = 1", "scan.ignore = [1]", "roots = { a = 1 }", 'device = "a\\u0000"'],
)
def test_the_file_is_named_where_its_value_has_a_wrong_type(tmp_path: Path, line: str) -> None:
    (tmp_path / "organiser.toml").write_text(line)
    with pytest.raises(SettingsError) as refused:
        load({"ORGANISER_HOME": str(tmp_path)})
    assert f"{tmp_path}/organiser.toml: {line.split(maxsplit=1)[0]}" in str(refused.value)


def test_every_fault_is_named_at_once_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "organiser.toml").write_text("workers = -3\n[policy]\nthreshold = 0.6\nscore = 3\n[polcy]\nrule = 1\n")
    environment = {"ORGANISER_HOME": str(tmp_path)}
    with pytest.raises(SettingsError, match=r"(?s)polcy.*workers.*policy\.score"):
        load(environment)
    found = read(environment)
    assert [fault.key for fault in found.faults] == ["polcy", "workers", "policy.score"]
    assert (found.settings.policy.threshold, found.settings.workers) == (0.6, 0)


def test_a_misspelt_key_is_told_the_name_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "organiser.toml").write_text("[policy]\ntreshold = 0.6\n")
    with pytest.raises(SettingsError) as refused:
        load({"ORGANISER_HOME": str(tmp_path)})
    assert refused.value.hint == "did you mean policy.threshold?"


def test_a_misspelt_variable_is_told_and_a_foreign_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    environment = {"ORGANISER_HOME": str(tmp_path), "ORGANISER_WORKRES": "3"}
    load(environment | {"ORGANISER_UID": "1", "ORGANISER_GID": "1", "ORGANISER_PORT_9100_TCP_ADDR": "x"})
    assert [record.getMessage() for record in caplog.records] == [
        "'ORGANISER_WORKRES' is no setting and changes nothing; did you mean ORGANISER_WORKERS?"
    ]


def test_a_file_that_a_person_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ORGANISER_CONFIG.*No such file"):
        load({"ORGANISER_HOME": str(tmp_path), "ORGANISER_CONFIG": str(tmp_path / "mine.toml")})


def test_a_home_that_cannot_be_found_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="home"):
        load({"ORGANISER_HOME": "~nobody-of-this-name/photos"})


def test_every_setting_is_documented_with_what_it_may_be() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    listed = items(load({"ORGANISER_HOME": "/"}))
    assert [row[0] for row in rows] == [f"`{item.key}`" for item in listed]
    for row, item in zip(rows, listed, strict=True):
        assert row[2:] == [item.allowed, item.doc, f"`{item.variable}`"]


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


def test_an_old_name_is_read_and_said_to_be_old(tmp_path: Path) -> None:
    (tmp_path / "organiser.toml").write_text("[look]\nmax_megapixels = 12.0\n[service]\ntend_seconds = 7.0\n")
    found = read({"ORGANISER_HOME": str(tmp_path), "ORGANISER_SERVICE_DEAF_SECONDS": "9"})
    assert found.faults == ()
    settings = found.settings
    assert settings.detect.max_megapixels == 12.0
    assert (settings.service.maintenance_seconds, settings.service.heartbeat_timeout) == (7.0, 9.0)
    assert [notice.partition(";")[0] for notice in found.notices] == [
        "ORGANISER_SERVICE_DEAF_SECONDS is now called ORGANISER_SERVICE_HEARTBEAT_TIMEOUT",
        "service.tend_seconds is now called service.maintenance_seconds",
        "look.max_megapixels is now called detect.max_megapixels",
    ]


def test_the_new_name_wins_over_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "organiser.toml").write_text("[look]\nkeep_crops = true\n[detect]\nkeep_crops = false\n")
    assert not read({"ORGANISER_HOME": str(tmp_path)}).settings.detect.keep_crops


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_a_settings_file_that_is_none_is_told_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "organiser.toml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    named = "/dev/zero" if kind == "device" else str(path)
    (fault,) = read({"ORGANISER_HOME": str(tmp_path / "home"), "ORGANISER_CONFIG": named}).faults
    assert fault.message == f"{named}: {'Is a directory' if kind == 'folder' else 'not a regular file'}"


def test_the_null_device_is_no_settings_file(tmp_path: Path) -> None:
    assert read({"ORGANISER_HOME": str(tmp_path / "home"), "ORGANISER_CONFIG": os.devnull}).faults == ()
