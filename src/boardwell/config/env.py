"""Typed readers of environment variables; a secret may also come from the file named by NAME_FILE."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PREFIX = "BOARDWELL_"


def text(name: str, default: str = "") -> str:
    """The value of BOARDWELL_<name>, or the default when unset."""
    return os.environ.get(PREFIX + name, default)


def flag(name: str, default: bool = False) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off; anything else is a configuration error."""
    raw = os.environ.get(PREFIX + name)
    if raw is None or raw == "":
        return default
    lowered = raw.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{PREFIX}{name} must be yes or no, not {raw!r}")


def number(name: str, default: int) -> int:
    """A whole number, or a configuration error that names the variable."""
    raw = os.environ.get(PREFIX + name)
    if raw is None or raw == "":
        return default
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{PREFIX}{name} must be a whole number, not {raw!r}") from None


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def broker(name: str) -> str:
    """The address of a message broker, amqp:// or amqps://, or "" when there is none."""
    given = secret(name) or ""
    if given and not given.startswith(("amqp://", "amqps://")):
        raise ImproperlyConfigured(f"{PREFIX}{name} must start with amqp:// or amqps://, not {given.partition(':')[0]!r}")
    return given


def bucket(name: str) -> str:
    """The address of a bucket, s3://bucket/folder?endpoint=https://…&region=…, or "" when there is none."""
    given = text(name)
    if given and not given.startswith("s3://"):
        raise ImproperlyConfigured(f"{PREFIX}{name} must start with s3://, not {given.partition(':')[0]!r}; a folder is VAR/files")
    return given


def scanner(name: str) -> str:
    """The address of ClamAV's daemon, unix:/path or tcp://host:port, or "" when there is none."""
    given = text(name)
    if given and not given.startswith(("unix:/", "tcp://")):
        raise ImproperlyConfigured(f"{PREFIX}{name} must be unix:/path or tcp://host:port, not {given!r}")
    return given


def secret(name: str) -> str | None:
    """BOARDWELL_<name>, or the content of the file BOARDWELL_<name>_FILE; an unreadable file is an error."""
    if value := os.environ.get(PREFIX + name):
        return value
    path = os.environ.get(PREFIX + name + "_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text().strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"{PREFIX}{name}_FILE: cannot read {path}: {problem.strerror}") from None
