"""`manage.py token export`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from tokens.management.exit_codes import INVALID_INPUT, REJECTED
from tokens.management.moving.files import refuse_existing, write_new
from tokens.management.moving.passphrases import ask_passphrase
from tokens.management.output import as_json, token_json
from tokens.models import SecurityToken
from tokens.services.audit import command_actor
from tokens.services.moving.exporting import SecretsShut, open_secrets, record_export, stored_tokens


def export_tokens(command: BaseCommand, options: dict[str, Any], owner: User | None) -> None:
    """Write tokens as lines of JSON, to a file or to standard output.

    Raises:
        CommandError: if the file cannot be written, or a private password not be opened.
    """
    now = timezone.now()
    if options["secrets"] and not options["output"]:
        raise CommandError("Private passwords go to a file: add --output FILE.", returncode=INVALID_INPUT)
    if options["output"]:
        refuse_existing(Path(options["output"]))
    passphrase = ask_passphrase(options["passphrase_file"], is_new=True) if options["secrets"] else ""
    if not options["output"]:
        for token in _tokens(owner):
            command.stdout.write(as_json(token_json(token, now)))
        return
    lines = []
    try:
        for batch in stored_tokens(owner):
            secrets = open_secrets(batch) if options["secrets"] else {}
            lines += [as_json(token_json(token, now) | _secret_part(secrets.get(token.pk))) for token in batch]
    except SecretsShut as error:
        raise CommandError(str(error), returncode=REJECTED) from error
    data = "".join(f"{line}\n" for line in lines).encode()
    if options["secrets"]:
        record_export(owner, actor=command_actor(), now=now)
        data = pyrage.passphrase.encrypt(data, passphrase)
    write_new(Path(options["output"]), data)
    command.stderr.write(f"Tokens written: {len(lines):,}, to {options['output']}.")


def _tokens(owner: User | None) -> Iterator[SecurityToken]:
    for batch in stored_tokens(owner):
        yield from batch


def _secret_part(value: str | None) -> dict[str, str]:
    return {"authSecret": value} if value else {}
