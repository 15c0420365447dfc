"""`manage.py make_keys`: create the secret key and the key that encrypts private passwords."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tokens.domain.secrets.vault import make_key

_SECRET_KEY_BYTES = 64


class Command(BaseCommand):
    """Creates keys, and prints them as environment variables or writes them to files that only their owner can read."""

    help = (
        "Create the secret key and the key that encrypts private passwords, and print them as environment variables. "
        "Run it without PORTAL_ENV, because production does not start without keys. Existing keys are never overwritten."
    )
    # Neither a database nor settings are needed.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
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
            # An existing folder keeps its mode, because it may be shared. The files are private in any case.
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, key in keys.items():
                self._write(to / name, key)
        except OSError as error:
            raise CommandError(f"{to} cannot be written: {error.strerror}.") from error

    def _write(self, path: Path, key: str) -> None:
        if _write_once(path, f"{key}\n"):
            self.stdout.write(f"Wrote {path}. Keep a copy, but not with the database's backups.")
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
            self.stdout.write(f"{path} was readable by others; it is private now.")


def _write_once(path: Path, text: str) -> bool:
    """Write a file with mode 0600 atomically; return False, and leave the file unchanged, if it exists."""
    if path.exists():
        return False
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link fails if the name exists, so two commands at the same time cannot both write.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        Path(draft).unlink()
    return True
