"""`manage.py make_keys`: the secret key and the key that seals private passwords."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tokens.domain.secrets.vault import make_key

_SECRET_KEY_BYTES = 64


class Command(BaseCommand):
    """Makes keys: printed as environment variables, or written to files that only their owner reads."""

    help = (
        "Make the secret key and the key that seals private passwords; without an option, print them as environment variables. "
        "Run it without PORTAL_ENV, for production does not start before it has them. Keys that are there are never overwritten."
    )
    # Nothing here needs a database or a setting.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument(
            "--to", metavar="FOLDER", type=Path, help="write the files secret_key and token_keys to this folder instead"
        )

    def handle(self, *_: Any, to: Path | None, **__: Any) -> None:
        """Print the keys, or write those that are missing."""
        keys = {"secret_key": secrets.token_urlsafe(_SECRET_KEY_BYTES), "token_keys": make_key()}
        if to is None:
            for name, key in keys.items():
                self.stdout.write(f"PORTAL_{name.upper()}={key}")
            return
        try:
            # A folder that is there keeps its mode: others may share it, the files keep to themselves.
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, key in keys.items():
                self._write(to / name, key)
        except OSError as error:
            raise CommandError(f"{to} cannot be written: {error.strerror}.") from error

    def _write(self, path: Path, key: str) -> None:
        if _write_once(path, f"{key}\n"):
            self.stdout.write(f"Wrote {path}. Keep a copy where the database's backups are not.")
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
            self.stdout.write(f"{path} was readable by others; now it is not.")


def _write_once(path: Path, text: str) -> bool:
    """Write a file with mode 0600, whole or not at all. False where it was there before: then it stays as it is."""
    if path.exists():
        return False
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name is taken, so that of two commands at the same instant one key wins.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        Path(draft).unlink()
    return True
