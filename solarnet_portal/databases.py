"""The databases and the cache that the environment names, as Django's settings have them."""

from pathlib import Path
from typing import Any

import dj_database_url

from solarnet_portal.env import Environment

_SQLITE = "django.db.backends.sqlite3"
_POSTGRESQL = "django.db.backends.postgresql"
# For each process: one for each thread that answers, and some for those that write beside them.
_POOL = 6


def read_database(env: Environment, var_dir: Path) -> dict[str, Any]:
    """Return the settings of the database.

    Args:
        env: what is wrong is added to its problems.
        var_dir: where the SQLite database is, unless `DATABASE_URL` names another one.
    """
    url = env.secret("DATABASE_URL") or f"sqlite:///{var_dir / 'portal.sqlite3'}"
    try:
        database: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
    except (ValueError, KeyError):
        env.problems.append("DATABASE_URL cannot be read; write postgres://user:password@host:5432/name or sqlite:///path.")
        database = {"ENGINE": _SQLITE, "NAME": ":memory:"}
    if database["ENGINE"] == _SQLITE:
        # Django's backend, in which writers take turns.
        database["ENGINE"] = "solarnet_portal.operations.sqlite3"
        database["CONN_HEALTH_CHECKS"] = False
        database["OPTIONS"] = {
            # A committed change survives a power failure (SPEC, "Promises"): write-ahead log, synced at every commit.
            # A page that is written often is copied into the database once in 32 MB of the log, not in every 4.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=8000;"
            ),
            # A transaction takes the write lock when it begins, because SQLite cannot wait for it later.
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
        }
    if database["ENGINE"] == _POSTGRESQL:
        _set_up_postgresql(database, env)
    return database


def read_replica(env: Environment) -> dict[str, dict[str, Any]]:
    """Return the settings of the database that lists are read from (`DATABASE_REPLICA_URL`) by its alias, {} without one."""
    url = env.secret("DATABASE_REPLICA_URL")
    if not url:
        return {}
    try:
        replica: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
    except (ValueError, KeyError):
        replica = {}
    env.require("DATABASE_REPLICA_URL", replica.get("ENGINE") == _POSTGRESQL, "write postgres://user:password@host:5432/name.")
    if replica.get("ENGINE") != _POSTGRESQL:
        return {}
    _set_up_postgresql(replica, env)
    # Nobody waits for a replica that hangs.
    replica["OPTIONS"]["connect_timeout"] = 2
    return {"replica": replica | {"TEST": {"MIRROR": "default"}}}


def _set_up_postgresql(database: dict[str, Any], env: Environment) -> None:
    options = database.setdefault("OPTIONS", {})
    if env.flag("PORTAL_PREPARE_STATEMENTS", default=True):
        # The query that judges requests is prepared once for each connection. Some connection poolers do not support that.
        options["prepare_threshold"] = 5
    if size := env.number("PORTAL_DATABASE_POOL", _POOL):
        # psycopg's own pool, for each process; a thread has a connection only while it answers.
        options["pool"] = {"min_size": 1, "max_size": size, "timeout": 1, "reconnect_timeout": 1}
        database["CONN_MAX_AGE"] = 0


def read_cache(env: Environment) -> dict[str, Any]:
    """Return the settings of the cache, which all processes share: Redis or Valkey where `PORTAL_CACHE_URL` names one."""
    url = env.secret("PORTAL_CACHE_URL")
    if not url:
        return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}
    env.require(
        "PORTAL_CACHE_URL",
        url.startswith(("redis://", "rediss://", "unix://")),
        "write redis://:password@host:6379/0, rediss:// for TLS, or unix:// for a socket; Valkey takes the same.",
    )
    # A cache that hangs must not hang the portal.
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "KEY_PREFIX": "portal", "OPTIONS": options}
