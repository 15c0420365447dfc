"""`manage.py sign_request`: print a curl command for a signed request (docs/commands.md)."""

import getpass
import os
import shlex
from collections.abc import Mapping
from datetime import UTC, date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421 import signer as rfc9421
from tokens.domain.signing.rfc9421.signer import Signer
from tokens.domain.signing.snws2 import signer as snws2
from tokens.management.curl import InvalidArgument, curl_command, parse_curl_request
from tokens.management.exit_codes import INVALID_INPUT, REJECTED

# Names of environment variables, not secrets.
SECRET_VARIABLE = "SNWS2_SECRET"  # noqa: S105
TOKEN_VARIABLE = "SNWS2_TOKEN"  # noqa: S105
KEY_VARIABLES = {"snws2": "SNWS2_SIGNING_KEY", "rfc9421": "SNWS3_SIGNING_KEY"}


class Command(BaseCommand):
    """Signs a request. Needs neither the database nor the portal's keys."""

    help = (
        f"Print a curl command for a signed request. The private password is read from {SECRET_VARIABLE}, or a signing key (hex) "
        f"from {' or '.join(KEY_VARIABLES.values())} (by --scheme), or prompted for. It is never an argument, because other "
        "users of the machine could see it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("method", metavar="METHOD")
        parser.add_argument("url", metavar="URL", help="absolute: https://host/path?query")
        parser.add_argument("--token-id", metavar="TOKEN", help=f"the token identifier; else {TOKEN_VARIABLE}")
        parser.add_argument("--scheme", choices=[*KEY_VARIABLES], default="snws2", help="how to sign; by default snws2")
        key = parser.add_argument_group("keys of --scheme rfc9421").add_mutually_exclusive_group()
        key.add_argument("--key-day", metavar="YYYY-MM-DD", help="the UTC day of the signing key; by default today")
        key.add_argument("--direct", action="store_true", help="let the private password itself be the key")
        parser.add_argument("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="may be repeated")
        parser.add_argument("-d", "--data", metavar="TEXT", help="the body, or @FILE to read it from a file")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print the command."""
        token_id = options["token_id"] or os.environ.get(TOKEN_VARIABLE, "")
        if not token_id:
            raise CommandError(f"Name the token with --token-id or {TOKEN_VARIABLE}.", returncode=INVALID_INPUT)
        try:
            curl_request = parse_curl_request(options["method"], options["url"], options["header"], options["data"])
            signature = _sign(curl_request.request, token_id, options)
        except InvalidArgument as error:
            raise CommandError(str(error), returncode=INVALID_INPUT) from None
        except MalformedRequest as error:
            raise CommandError(str(error), returncode=REJECTED) from None
        self.stdout.write(shlex.join(curl_command(curl_request, signature)))


def _sign(request: SignedRequest, token_id: str, options: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers to add."""
    now = timezone.now()
    scheme, key_day, is_direct = options["scheme"], options["key_day"], options["direct"]
    if scheme != "rfc9421":
        if key_day or is_direct:
            raise InvalidArgument("--key-day and --direct are for --scheme rfc9421.")
        key = _read_key(scheme)
        secret = None if key else _read_secret()
        return snws2.signature_headers(request, token_id=token_id, now=now, secret=secret, key=key)
    if is_direct:
        return rfc9421.signature_headers(request, Signer.of_secret(token_id, _read_secret()), now=now)
    on = _parse_day(key_day) if key_day else now.astimezone(UTC).date()
    key = _read_key(scheme)
    signer = Signer.of_key(token_id, key, on) if key else Signer.of_day(token_id, _read_secret(), on)
    return rfc9421.signature_headers(request, signer, now=now)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidArgument("--key-day is not a day of the form 2026-11-24.") from None


def _read_key(scheme: str) -> bytes | None:
    """Return the signing key that the environment has for a scheme; `None` if it has none, or has the private password too."""
    name = KEY_VARIABLES[scheme]
    text = os.environ.get(name, "").strip()
    if not text or os.environ.get(SECRET_VARIABLE):
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InvalidArgument(f"{name} is not a signing key (64 hex digits).")
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
