"""`manage.py token import`."""

import sys
from pathlib import Path
from typing import Any

import pyrage
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from tokens.domain.secrets.credentials import redact
from tokens.management.exit_codes import INVALID_INPUT, REJECTED
from tokens.management.moving.files import read_file
from tokens.management.moving.passphrases import ask_passphrase
from tokens.management.output import as_json, clean
from tokens.management.progress import progress_bar
from tokens.services.audit import command_actor
from tokens.services.moving.importing import Candidate, ImportRefused, Line, examine, store

_AGE = b"age-encryption.org/"


def import_tokens(command: BaseCommand, options: dict[str, Any], owner: User | None) -> None:
    """Report what each line would become, and store all of them where that is asked for.

    Raises:
        CommandError: if a line is wrong; nothing is stored then.
    """
    lines, now = _read_lines(options), timezone.now()
    examined: list[Line] = []
    candidates: list[Candidate] = []
    with progress_bar(command.stderr, "Looking", len(lines)) as show:
        for line, candidate in examine(lines, owner=owner, now=now):
            examined.append(line)
            candidates += [candidate] if candidate else []
            show(line.number)
    _report(command, examined, options)
    wrong = len(examined) - len(candidates)
    if wrong:
        raise CommandError(f"{wrong:,} of {len(examined):,} lines are wrong. Nothing was stored.", returncode=REJECTED)
    if not options["store"]:
        _say(command, options, f"{_count(candidates)} can be stored. Nothing was stored yet: add --store.")
        return
    try:
        with progress_bar(command.stderr, "Storing", len(candidates)) as show:
            store(candidates, actor=command_actor(), now=now, report=show)
    except ImportRefused as error:
        raise CommandError(str(error), returncode=REJECTED) from error
    _say(command, options, f"Stored {_count(candidates)}.")


def _report(command: BaseCommand, examined: list[Line], options: dict[str, Any]) -> None:
    for line in examined:
        if options["json"]:
            problems = [{"field": problem.field, "message": problem.message} for problem in line.problems]
            document = {"line": line.number, "id": line.token_id, "problems": problems, "remarks": list(line.remarks)}
            command.stdout.write(redact(as_json(document)))
            continue
        name = f" ({clean(line.token_id)})" if line.token_id else ""
        for problem in line.problems:
            shown = f" ({problem.value})" if problem.value and problem.value not in problem.message else ""
            # Somebody may have put a private password into another field.
            command.stdout.write(redact(clean(f"line {line.number}{name}: {problem.field}: {problem.message}{shown}")))
        for remark in line.remarks:
            command.stdout.write(clean(f"line {line.number}{name}: note: {remark}"))


def _say(command: BaseCommand, options: dict[str, Any], text: str) -> None:
    (command.stderr if options["json"] else command.stdout).write(text)


def _read_lines(options: dict[str, Any]) -> list[str]:
    """Return the lines of the file or of standard input; what is encrypted is decrypted."""
    data = sys.stdin.buffer.read() if options["file"] == "-" else read_file(Path(options["file"]))
    if data.startswith(_AGE):
        data = _decrypt(data, options)
    try:
        # Only at line breaks: JSON may have other separators in its texts.
        return data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        message = f"{options['file']} is not UTF-8 (byte {error.start:,}). Convert it first."
        raise CommandError(message, returncode=INVALID_INPUT) from error


def _decrypt(data: bytes, options: dict[str, Any]) -> bytes:
    passphrase = ask_passphrase(options["passphrase_file"], is_new=False)
    try:
        return bytes(pyrage.passphrase.decrypt(data, passphrase))
    except pyrage.DecryptError as error:
        message = f"{options['file']} cannot be decrypted: {error}. Is the passphrase right, and the file whole?"
        raise CommandError(message, returncode=REJECTED) from error


def _count(candidates: list[Candidate]) -> str:
    return "1 token" if len(candidates) == 1 else f"{len(candidates):,} tokens"
