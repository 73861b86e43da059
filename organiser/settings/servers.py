"""Where index and queue are served, in parts: host, user, password and database apart, made into the URLs that open them."""

from dataclasses import dataclass
from urllib.parse import quote

from organiser.settings.fields import Allowed, between, setting

_NAME = Allowed(
    "a name of letters, digits, '_', '-' and '.'",
    lambda value: bool(value) and all(sign.isalnum() or sign in "_-." for sign in value),
)


@dataclass(frozen=True, slots=True)
class PostgresSettings:
    """Where the index is, in parts: a password in a URL has to be percent-encoded, here it is written as it is."""

    host: str = setting("", "server of the index, or the folder of its socket; index_url wins over all of these")
    port: int = setting(5432, "the server's port", between(1, 65535))
    user: str = setting("organiser", "who logs in")
    password: str = setting("", "the user's password, as it is", secret=True)
    database: str = setting("organiser", "name of the database", _NAME)

    @property
    def url(self) -> str:
        """The URL of these parts, or an empty text without a host."""
        if not self.host:
            return ""
        login = _encoded(self.user) + (f":{_encoded(self.password)}" if self.password else "")
        if self.host.startswith("/"):
            return f"postgresql+psycopg://{login}@/{self.database}?host={_encoded(self.host)}&port={self.port}"
        return f"postgresql+psycopg://{login}@{_bracketed(self.host)}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """Where the queue is, in parts, as for Postgres."""

    host: str = setting("", "server of the queue; broker_url wins over all of these")
    port: int = setting(6379, "the server's port", between(1, 65535))
    user: str = setting("", "who logs in; empty: the server's default user")
    password: str = setting("", "the user's password, as it is", secret=True)
    database: int = setting(0, "number of the database", between(0, 1_000_000))

    @property
    def url(self) -> str:
        """The URL of these parts, or an empty text without a host."""
        if not self.host:
            return ""
        login = f"{_encoded(self.user)}:{_encoded(self.password)}@" if self.user or self.password else ""
        return f"redis://{login}{_bracketed(self.host)}:{self.port}/{self.database}"


def _encoded(text: str) -> str:
    return quote(text, safe="")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
