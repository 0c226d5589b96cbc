"""Passwords and other secrets: hashed with Argon2id, compared without telling names from passwords."""

import hashlib
import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

MIN_LENGTH = 12
MAX_LENGTH = 200
_MIN_VARIETY = 5
_RUNS = ("0123456789", "9876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_COMMON = re.compile(
    "|".join(run[start : start + 4] for run in _RUNS for start in range(len(run) - 3))
    + "|password|passw0rd|admin|welcome|letmein|iloveyou|tongzhou|beijing|climate|registry"
)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """The hash that an unknown name is checked against, so that it takes as long as a known one."""
    return _hasher().hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes the same time when there is no such account."""
    try:
        matches = _hasher().verify(stored or _nobody(), password[:MAX_LENGTH])
    except (Argon2Error, InvalidHashError):
        return False
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    return _hasher().check_needs_rehash(stored)


def new_token() -> str:
    """A secret for a cookie or a link; only its digest is stored."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_easy(password: str, name: str) -> bool:
    """Whether little is left without repeats, runs along the keyboard, common words and the person's name."""
    lowered = password.lower()
    if re.fullmatch(r"(.{1,6})\1+.{0,5}", lowered, re.DOTALL):
        return True
    rest = lowered.replace(name.lower(), "") if len(name) >= 4 else lowered
    return len(set(_COMMON.sub("", rest))) < _MIN_VARIETY
