"""The token and the password's hash: one file in the organiser's folder that only its owner reads."""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from organiser.errors import SettingsError, Transient

NAME: Final = "web.json"
_N, _R, _P = 2**15, 8, 1
_MEMORY: Final = 128 * 1024 * 1024
LEAST_CHARACTERS: Final = 10


@dataclass(frozen=True, slots=True)
class Keys:
    """What lets somebody in.

    Attributes:
        token: of the printed address.
        salt, password: of the password's scrypt hash, in hex; empty without a password.
    """

    token: str
    salt: str = ""
    password: str = ""

    def is_token(self, given: str) -> bool:
        """Whether this is the token; takes as long whatever is given."""
        return hmac.compare_digest(self.token.encode(), given.encode("utf-8", "surrogatepass"))

    def is_password(self, given: str) -> bool:
        """Whether this is the password; takes about a tenth of a second and 32 MB."""
        return bool(self.password) and hmac.compare_digest(self.password, _hash(given, self.salt))

    def sign(self, text: str) -> str:
        """Return a signature that ends with the token and the password it was made under."""
        key = f"{self.token}:{self.salt}:{self.password}".encode()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def load(home: Path) -> Keys:
    """Return the keys of an organiser's folder, made if there are none yet.

    Raises:
        Transient: the file cannot be read or made.
        SettingsError: it is damaged.
    """
    path = home / NAME
    try:
        if not path.exists():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = _draft(home, Keys(secrets.token_urlsafe(32)))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass  # another process was first: its keys count
            finally:
                draft.unlink()
        return Keys(**json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise Transient(f"{path}: {error.strerror or error}") from error
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{path} is damaged: {error}", "remove it; a new one is made") from error


def set_password(home: Path, password: str) -> None:
    """Store a password's hash in place of the one before; everybody who was let in has to come in anew.

    Raises:
        SettingsError: it is too short.
        Transient: the file cannot be written.
    """
    if len(password) < LEAST_CHARACTERS:
        raise SettingsError(f"a password of {len(password)} characters is soon guessed", f"take {LEAST_CHARACTERS}")
    salt = secrets.token_hex(16)
    _store(home, replace(load(home), salt=salt, password=_hash(password, salt)))


def new_token(home: Path) -> None:
    """Put another token in the place of the one there is; everybody who was let in has to come in anew."""
    _store(home, replace(load(home), token=secrets.token_urlsafe(32)))


def _store(home: Path, keys: Keys) -> None:
    try:
        _draft(home, keys).replace(home / NAME)
    except OSError as error:
        raise Transient(f"{home / NAME}: {error.strerror or error}") from error


def _draft(home: Path, keys: Keys) -> Path:
    draft = home / f".{NAME}.{secrets.token_hex(8)}.part"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(keys), file)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _hash(password: str, salt: str) -> str:
    data = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=bytes.fromhex(salt), n=_N, r=_R, p=_P, maxmem=_MEMORY).hex()
