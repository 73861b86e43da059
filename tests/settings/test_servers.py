"""Host, user, password and database apart: what a person writes there reaches the servers as it is."""

from pathlib import Path

import pytest
from kombu.utils.url import parse_url
from sqlalchemy.engine import make_url

from organiser.cli.commands.upkeep.doctor import _settings
from organiser.errors import SettingsError
from organiser.settings.portable import portable
from organiser.settings.reading import load, read
from organiser.settings.values import Settings

PASSWORD = "p@ss/w:rd#%41?&=+ $'\"\\ü"


def _load(home: Path, **values: str) -> Settings:
    return load({"ORGANISER_HOME": str(home)} | {f"ORGANISER_{name}": value for name, value in values.items()})


def test_any_password_reaches_postgres(tmp_path: Path) -> None:
    settings = _load(tmp_path, POSTGRES_HOST="db", POSTGRES_USER="a@b", POSTGRES_PASSWORD=PASSWORD)
    url = make_url(settings.index)
    assert (url.username, url.password, url.host, url.port, url.database) == ("a@b", PASSWORD, "db", 5432, "organiser")
    assert url.drivername == "postgresql+psycopg"


def test_postgres_may_be_behind_a_socket_or_an_address_of_version_6(tmp_path: Path) -> None:
    url = make_url(_load(tmp_path, POSTGRES_HOST="/run/pg sql", POSTGRES_PASSWORD=PASSWORD).index)
    assert (url.host, url.query["host"], url.password) == (None, "/run/pg sql", PASSWORD)
    assert make_url(_load(tmp_path, POSTGRES_HOST="fd00::1").index).host == "fd00::1"


def test_any_password_reaches_redis(tmp_path: Path) -> None:
    settings = _load(tmp_path, REDIS_HOST="queue", REDIS_PASSWORD=PASSWORD, REDIS_DATABASE="3")
    parts = parse_url(settings.broker)
    assert (parts["transport"], parts["hostname"], parts["port"]) == ("redis", "queue", 6379)
    assert (parts["password"], parts["virtual_host"]) == (PASSWORD, "3")
    assert _load(tmp_path, REDIS_HOST="queue").broker == "redis://queue:6379/0"


def test_a_url_wins_and_without_a_host_there_is_none(tmp_path: Path) -> None:
    settings = _load(tmp_path, POSTGRES_HOST="db", INDEX_URL="sqlite:////a", REDIS_HOST="r", BROKER_URL="redis://other")
    assert (settings.index, settings.broker) == ("sqlite:////a", "redis://other")
    assert _load(tmp_path, POSTGRES_PASSWORD="x", REDIS_PASSWORD="x").broker == ""


def test_a_database_name_that_would_change_the_url_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"postgres\.database"):
        _load(tmp_path, POSTGRES_HOST="db", POSTGRES_DATABASE="a?host=other")


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    reading = read(
        {
            "ORGANISER_HOME": str(tmp_path),
            "ORGANISER_POSTGRES_HOST": "db",
            "ORGANISER_POSTGRES_PASSWORD": "secret1",
            "ORGANISER_REDIS_PASSWORD": "secret2",
        }
    )
    lines = {line.name: line.value for line in _settings(reading)}
    assert lines["postgres.password"] == "…"
    assert "secret" not in repr(lines)
    (tmp_path / "organiser.toml").write_text("[postgres]\npassword = 12345\n", "utf-8")
    with pytest.raises(SettingsError) as caught:
        load({"ORGANISER_HOME": str(tmp_path)})
    assert "12345" not in str(caught.value)


def test_a_backup_keeps_no_server(tmp_path: Path) -> None:
    path = tmp_path / "organiser.toml"
    path.write_text(
        "[postgres]\npassword = 'x'\n[redis]\npassword = 'x'\n[log]\nformat = 'json'\n[scan]\ngrace_days = 3\n"
    )
    assert portable(path) == {"scan": {"grace_days": 3}}
