"""Turns BOARDWELL_DATABASE_URL into Django's database settings; empty means the embedded SQLite file."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA cache_size=-65536;"
)
"""FULL, because an acknowledged step must survive a power cut; WAL, so that readers never wait for a writer."""


def database_from_url(url: str, var: Path) -> dict[str, Any]:
    """Settings for `sqlite:///path` or `postgres://user:password@host:port/name`; raises on anything else."""
    if not url:
        return sqlite(var / "boardwell.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            # The driver prepares nothing, which Django's cursors would not use anyway: `kernel/onetrip` prepares what is hot.
            "OPTIONS": {"application_name": "boardwell"},
        }
    raise ImproperlyConfigured(f"BOARDWELL_DATABASE_URL must start with sqlite: or postgres:, not {parts.scheme!r}")


def sqlite(path: Path) -> dict[str, Any]:
    """An embedded database file; writers take the lock at once instead of failing half-way."""
    return {
        "ENGINE": "boardwell.kernel.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": str(path.with_name("test.sqlite3"))},  # a file, so that tests may use several connections
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
    }
