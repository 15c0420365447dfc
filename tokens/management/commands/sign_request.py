"""`manage.py sign_request`: a ready curl line for a signed request (docs/commands.md)."""

import getpass
import os
import shlex
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers
from tokens.management.curl import UnreadableCall, curl_line, read_call
from tokens.management.exit_codes import REFUSED, UNREADABLE

# The names of variables, no secrets.
SECRET_VARIABLE = "SNWS2_SECRET"  # noqa: S105
KEY_VARIABLE = "SNWS2_SIGNING_KEY"
TOKEN_VARIABLE = "SNWS2_TOKEN"  # noqa: S105


class Command(BaseCommand):
    """Signs a request; needs no database and no keys of the portal."""

    help = (
        f"Print a curl line for a signed request. The private password comes from {SECRET_VARIABLE}, or a signing key in hex "
        f"from {KEY_VARIABLE}, or else it is asked for; it is never an argument, where other users of the machine could see it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("method", metavar="METHOD")
        parser.add_argument("url", metavar="URL", help="absolute: https://host/path?query")
        parser.add_argument("--token-id", metavar="TOKEN", help=f"the token identifier; else {TOKEN_VARIABLE}")
        parser.add_argument("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="may be repeated")
        parser.add_argument("-d", "--data", metavar="TEXT", help="the body; @FILE for a file's")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print the line."""
        token_id = options["token_id"] or os.environ.get(TOKEN_VARIABLE, "")
        if not token_id:
            raise CommandError(f"Name the token: --token-id, or {TOKEN_VARIABLE}.", returncode=UNREADABLE)
        try:
            call = read_call(options["method"], options["url"], options["header"], options["data"])
            added = _sign(call.request, token_id)
        except UnreadableCall as error:
            raise CommandError(str(error), returncode=UNREADABLE) from None
        except MalformedRequest as error:
            raise CommandError(str(error), returncode=REFUSED) from None
        self.stdout.write(shlex.join(curl_line(call, added)))


def _sign(request: SignedRequest, token_id: str) -> tuple[tuple[str, str], ...]:
    key_hex = os.environ.get(KEY_VARIABLE, "").strip()
    if key_hex and not os.environ.get(SECRET_VARIABLE):
        return signature_headers(request, token_id=token_id, now=timezone.now(), key=_read_key(key_hex))
    return signature_headers(request, token_id=token_id, now=timezone.now(), secret=_read_secret())


def _read_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UnreadableCall(f"{KEY_VARIABLE} is not a signing key: 64 hex digits.")
    return key


def _read_secret() -> str:
    secret = os.environ.get(SECRET_VARIABLE, "").strip()
    if secret:
        return secret
    try:
        secret = getpass.getpass("Private Password: ").strip()
    except (EOFError, KeyboardInterrupt):
        secret = ""
    if not secret:
        raise UnreadableCall(f"There is no private password. Set {SECRET_VARIABLE}, or type it when asked.")
    return secret
