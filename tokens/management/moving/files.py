"""Files that a command writes for its user alone, and reads without trusting them."""

import os
import tempfile
from pathlib import Path

from django.core.management.base import CommandError

from tokens.management.exit_codes import INVALID_INPUT


def refuse_existing(file: Path) -> None:
    """Refuse a name that is taken, before anything is done for it.

    Raises:
        CommandError: if there is such a file.
    """
    if file.exists():
        raise _taken(file)


def write_new(file: Path, data: bytes) -> None:
    """Write a file that only its owner can read. It gets its name when it is whole and on the disk; nothing is overwritten.

    Raises:
        CommandError: if it exists or cannot be written.
    """
    draft = None
    try:
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
    except FileExistsError:
        raise _taken(file) from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.", returncode=INVALID_INPUT) from error
    finally:
        if draft:
            Path(draft).unlink(missing_ok=True)


def read_file(file: Path) -> bytes:
    """Return what is in a file.

    Raises:
        CommandError: if it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=INVALID_INPUT) from error


def _taken(file: Path) -> CommandError:
    return CommandError(f"{file} exists already. Choose another name.", returncode=INVALID_INPUT)
