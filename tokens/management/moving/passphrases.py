"""The passphrase of an export (age, https://age-encryption.org/v1)."""

import getpass
import sys
from pathlib import Path

from django.core.management.base import CommandError

from tokens.management.exit_codes import INVALID_INPUT
from tokens.management.moving.files import read_file

_MIN_PASSPHRASE_LENGTH = 12


def ask_passphrase(file: str | None, *, is_new: bool) -> str:
    """Return the passphrase, from a file or from the terminal. Never from an argument, which every user of a machine can read.

    Args:
        file: that holds it, `None` to ask.
        is_new: it will encrypt something: it is asked for twice, and a short one is refused.

    Raises:
        CommandError: if there is none, or it is too short.
    """
    if file:
        passphrase = read_file(Path(file)).decode("utf-8", "surrogateescape").rstrip("\r\n")
    elif sys.stdin.isatty():
        passphrase = getpass.getpass("Passphrase: ")
        if is_new and getpass.getpass("Once more: ") != passphrase:
            raise CommandError("The two are not the same. Nothing was done.", returncode=INVALID_INPUT)
    else:
        message = "There is no terminal to ask for the passphrase at. Give a file that holds it with --passphrase-file."
        raise CommandError(message, returncode=INVALID_INPUT)
    if is_new and len(passphrase) < _MIN_PASSPHRASE_LENGTH:
        message = f"The passphrase has {len(passphrase)} characters. Use at least {_MIN_PASSPHRASE_LENGTH}."
        raise CommandError(message, returncode=INVALID_INPUT)
    return passphrase
