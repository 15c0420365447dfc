"""`manage.py sign_request`: print a curl command for a signed request (docs/commands.md)."""

import getpass
import os
import shlex
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers
from tokens.management.curl import InvalidArgument, curl_command, parse_curl_request
from tokens.management.exit_codes import INVALID_INPUT, REJECTED

# Names of environment variables, not secrets.
SECRET_VARIABLE = "SNWS2_SECRET"  # noqa: S105
KEY_VARIABLE = "SNWS2_SIGNING_KEY"
TOKEN_VARIABLE = "SNWS2_TOKEN"  # noqa: S105


class Command(BaseCommand):
    """Signs a request. Needs neither the database nor the portal's keys."""

    help = (
        f"Print a curl command for a signed request. The private password is read from {SECRET_VARIABLE}, or a signing key (hex) "
        f"from {KEY_VARIABLE}, or prompted for. It is never an argument, because other users of the machine could see it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("method", metavar="METHOD")
        parser.add_argument("url", metavar="URL", help="absolute: https://host/path?query")
        parser.add_argument("--token-id", metavar="TOKEN", help=f"the token identifier; else {TOKEN_VARIABLE}")
        parser.add_argument("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="may be repeated")
        parser.add_argument("-d", "--data", metavar="TEXT", help="the body, or @FILE to read it from a file")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print the command."""
        token_id = options["token_id"] or os.environ.get(TOKEN_VARIABLE, "")
        if not token_id:
            raise CommandError(f"Name the token with --token-id or {TOKEN_VARIABLE}.", returncode=INVALID_INPUT)
        try:
            curl_request = parse_curl_request(options["method"], options["url"], options["header"], options["data"])
            signature = _sign(curl_request.request, token_id)
        except InvalidArgument as error:
            raise CommandError(str(error), returncode=INVALID_INPUT) from None
        except MalformedRequest as error:
            raise CommandError(str(error), returncode=REJECTED) from None
        self.stdout.write(shlex.join(curl_command(curl_request, signature)))


def _sign(request: SignedRequest, token_id: str) -> tuple[tuple[str, str], ...]:
    key_hex = os.environ.get(KEY_VARIABLE, "").strip()
    if key_hex and not os.environ.get(SECRET_VARIABLE):
        return signature_headers(request, token_id=token_id, now=timezone.now(), key=_parse_key(key_hex))
    return signature_headers(request, token_id=token_id, now=timezone.now(), secret=_read_secret())


def _parse_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InvalidArgument(f"{KEY_VARIABLE} is not a signing key (64 hex digits).")
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
        raise InvalidArgument(f"No private password is given. Set {SECRET_VARIABLE}, or type it at the prompt.")
    return secret
