"""`manage.py keys`: the ring of keys that seal private passwords and second factors (docs/commands.md)."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.security.second_factors import count_by_key
from tokens import conf
from tokens.domain.secrets.vault import Vault, make_key, read_keys
from tokens.management.exit_codes import INVALID_INPUT, NOT_FOUND, REJECTED, command_errors
from tokens.management.output import as_json, table
from tokens.services.keys import count_sealed

_COLUMNS = ("Key", "Place", "Private passwords", "Second factors")


class Command(BaseCommand):
    """Shows the ring, adds a key, renews what older keys have sealed, and retires those."""

    help = "The ring of keys that seal private passwords and second factors. Keys themselves are never printed, but by add."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="the keys, by the beginning of their hash, and how much each has sealed")
        listing.add_argument("--json", action="store_true", help="print JSON")
        acts.add_parser("add", help="put a new key in front of the ring's file; every process has to be restarted after it")
        acts.add_parser("reseal", help="seal everything with the newest key; it can be interrupted and run again")
        retire = acts.add_parser("retire", help="take a key that seals nothing any more out of the ring's file")
        retire.add_argument("key", metavar="KEY", help="as `keys list` shows it")

    def handle(self, *_: Any, act: str, **options: Any) -> None:
        """Run a subcommand."""
        acts: dict[str, Callable[..., None]] = {
            "list": self._list,
            "add": self._add,
            "reseal": self._reseal,
            "retire": self._retire,
        }
        with command_errors():
            acts[act](**options)

    def _list(self, *, json: bool, **_: Any) -> None:
        ring = conf.get_vault().key_ids
        secrets, factors = count_sealed(), count_by_key()
        keys = [*ring, *sorted((secrets.keys() | factors.keys()) - set(ring))]
        rows = [(key, _place_of(key, ring), secrets.get(key, 0), factors.get(key, 0)) for key in keys]
        if json:
            names = ("key", "place", "secrets", "factors")
            self.stdout.write(as_json([dict(zip(names, row, strict=True)) for row in rows]))
            return
        for line in table(_COLUMNS, [(key, place, f"{count:,}", f"{others:,}") for key, place, count, others in rows]):
            self.stdout.write(line)

    def _add(self, **_: Any) -> None:
        key = make_key()
        name = Vault(read_keys(key)).key_ids[0]
        file = _file_of_the_ring()
        if file is None:
            self.stdout.write(key)
            self.stderr.write("Put this key in front of the others in PORTAL_TOKEN_KEYS, and restart every process.")
            return
        _write(file, [key, *_lines_of(file)])
        self.stdout.write(f"Added {name} to {file}. Keep a copy, and restart every process; then run `keys reseal`.")

    def _reseal(self, *, verbosity: int, **_: Any) -> None:
        call_command("reencrypt_secrets", verbosity=max(verbosity, 2), stdout=self.stdout, stderr=self.stderr)

    def _retire(self, *, key: str, **_: Any) -> None:
        ring = conf.get_vault().key_ids
        if key not in ring:
            raise CommandError(f"There is no key {key} in the ring. `keys list` shows them.", returncode=NOT_FOUND)
        if key == ring[0]:
            raise CommandError("This is the newest key, which seals everything. Add another one first.", returncode=REJECTED)
        sealed = count_sealed().get(key, 0) + count_by_key().get(key, 0)
        if sealed:
            message = f"{key} still seals {sealed:,} secrets, which would be lost. Run `keys reseal` first."
            raise CommandError(message, returncode=REJECTED)
        file = _file_of_the_ring()
        if file is None:
            self.stdout.write(f"{key} seals nothing. Remove it from PORTAL_TOKEN_KEYS, and restart every process.")
            return
        _write(file, [line for line in _lines_of(file) if _name_of(line) != key])
        self.stdout.write(f"Took {key} out of {file}. Restart every process. Backups from before still need it: keep a copy.")


def _place_of(key: str, ring: list[str]) -> str:
    if key not in ring:
        return "not in the ring"
    return "newest" if key == ring[0] else f"older ({ring.index(key) + 1})"


def _file_of_the_ring() -> Path | None:
    file = Path(settings.TOKEN_KEYS_FILE) if settings.TOKEN_KEYS_FILE else None
    return file if file and file.is_file() else None


def _lines_of(file: Path) -> list[str]:
    """Return the file's lines, each with one key or a comment."""
    lines: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        is_comment = line.lstrip().startswith("#")
        lines += [line] if is_comment else [part.strip() for part in line.split(",") if part.strip()]
    return lines


def _name_of(line: str) -> str:
    return "" if line.lstrip().startswith("#") else Vault(read_keys(line)).key_ids[0]


def _write(file: Path, lines: list[str]) -> None:
    """Replace the file: at every instant there is the old one or the new one, and only its owner reads it."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        read_keys(Path(draft).read_text(encoding="utf-8"))
        Path(draft).replace(file)
    except OSError as error:
        Path(draft).unlink(missing_ok=True)
        raise CommandError(f"{file} cannot be written: {error.strerror}.", returncode=INVALID_INPUT) from error
