"""Checks of the database that `migrate` runs first."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database)
def check_accounts_table(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """accounts.E001: the database is from before accounts were an app of their own, and cannot be migrated."""
    return [
        Error(
            f"The database {alias!r} was made by a development version from before 1.0 and cannot be migrated.",
            hint="Move the folder `var` (or the database in DATABASE_URL) away, and run `make setup` again.",
            id="accounts.E001",
        )
        for alias in databases or ()
        if _is_outdated(connections[alias].introspection.table_names())
    ]


def _is_outdated(tables: Sequence[str]) -> bool:
    return "tokens_user" in tables and "accounts_user" not in tables
