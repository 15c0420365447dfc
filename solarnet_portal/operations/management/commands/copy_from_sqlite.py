"""`manage.py copy_from_sqlite`: move from SQLite to PostgreSQL (docs/commands.md)."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections

from accounts.models import User
from solarnet_portal.operations.copying import NotTheSame, copy_all, count_rows
from tokens.management.exit_codes import INVALID_INPUT, REJECTED, command_errors
from tokens.management.progress import progress_bar

_SOURCE = "copied"


class Command(BaseCommand):
    """Copies a SQLite database into the one that DATABASE_URL names."""

    help = (
        "Copy a SQLite database of the portal into the empty PostgreSQL database that DATABASE_URL names, and compare every row. "
        "Nothing changes in the old one, and nobody can write to it until it is over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", type=Path, help="the SQLite database, such as portal.sqlite3 in PORTAL_VAR")

    def handle(self, *_: Any, file: Path, **__: Any) -> None:
        """Make the tables, copy, and say how much it was."""
        if connection.vendor != "postgresql":
            raise CommandError("DATABASE_URL must name the PostgreSQL database to copy to.", returncode=REJECTED)
        if not file.is_file():
            raise CommandError(f"There is no file {file}.", returncode=INVALID_INPUT)
        with command_errors():
            call_command("migrate", verbosity=0)
            if User.objects.exists():
                raise CommandError("This database has accounts already. Name an empty one.", returncode=REJECTED)
            connections.databases[_SOURCE] = _settings_of(file)
            try:
                self._copy()
            finally:
                connections[_SOURCE].close()
                del connections[_SOURCE], connections.databases[_SOURCE]

    def _copy(self) -> None:
        total = count_rows(_SOURCE)
        try:
            with progress_bar(self.stderr, "Copying", total) as show:
                copy_all(_SOURCE, "default", show)
        except NotTheSame as error:
            raise CommandError(str(error), returncode=REJECTED) from error
        self.stdout.write(
            f"Copied {total:,} rows, and read each back. Start the portal with this DATABASE_URL; the key ring stays the same."
        )


def _settings_of(file: Path) -> dict[str, Any]:
    settings: dict[str, dict[str, Any]] = connections.configure_settings(
        {
            "default": {},
            _SOURCE: {
                # In which writers take turns: this one has the turn while it copies.
                "ENGINE": "solarnet_portal.operations.sqlite3",
                "NAME": str(file),
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30},
            },
        }
    )
    return settings[_SOURCE]
