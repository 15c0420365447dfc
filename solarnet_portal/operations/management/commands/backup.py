"""`manage.py backup`: copy the SQLite database while the portal runs (docs/commands.md)."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from tokens.management.exit_codes import INVALID_INPUT, REJECTED, command_errors

# A few milliseconds of copying, then whoever waits to write has a turn.
_PAGES_AT_A_TIME = 2_000
_WAIT_SECONDS = 0.01


class Command(BaseCommand):
    """Copies the database and looks through the copy."""

    help = "Copy the SQLite database to a new file while the portal runs, and check the copy. PostgreSQL has pg_dump for it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", type=Path, help="the copy; nothing is overwritten")

    def handle(self, *_: Any, file: Path, **__: Any) -> None:
        """Make the copy under another name, and give it its name once it is whole and on the disk."""
        if connection.vendor != "sqlite":
            raise CommandError("This database is not SQLite. Use pg_dump.", returncode=REJECTED)
        if file.exists():
            raise CommandError(f"{file} exists already. Choose another name.", returncode=INVALID_INPUT)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with command_errors():
                draft.touch(mode=0o600, exist_ok=False)
                _copy(draft)
            os.link(draft, file)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.", returncode=INVALID_INPUT) from error
        finally:
            draft.unlink(missing_ok=True)
        self.stdout.write(
            f"Copied the database to {file} ({file.stat().st_size:,} bytes). The keys are not in it: keep them elsewhere."
        )


def _copy(draft: Path) -> None:
    connection.ensure_connection()
    copy = sqlite3.connect(draft)
    try:
        connection.connection.backup(copy, pages=_PAGES_AT_A_TIME, sleep=_WAIT_SECONDS)
        # A copy is one file, whatever the original's journal.
        copy.execute("PRAGMA journal_mode=DELETE")
        (found,) = copy.execute("PRAGMA integrity_check").fetchone()
    finally:
        copy.close()
    if found != "ok":
        raise CommandError(f"The copy is damaged ({found}). Nothing was written.", returncode=REJECTED)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
