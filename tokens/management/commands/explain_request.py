"""`manage.py explain_request`: the signature debugger (docs/commands.md)."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tokens.domain.authorization.judge import Judgement
from tokens.domain.signing.requests import SignedRequest
from tokens.management.exit_codes import INVALID_INPUT, command_errors
from tokens.management.explanations import diagnose_document, explain, format_explanation
from tokens.management.request_document import InvalidDocument, parse_document
from tokens.services import signature_debugging
from tokens.services.signed_requests import judging


class Command(BaseCommand):
    """Judges a request as the API and the gateway would, and explains every step."""

    help = "Judge a signed request exactly as the API and the gateway would, and explain every step."
    # If the document has a token, neither keys nor a database are needed.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", help="a JSON file that describes the request; - for standard input")
        parser.add_argument("--json", action="store_true", help="print a JSON object")
        parser.add_argument("--lines", action="store_true", help="read JSON Lines, and print a JSON object on a line for each")

    def handle(self, *_: Any, file: str, json: bool, lines: bool, **__: Any) -> None:
        """Explain one request, or one for each line."""
        with _open_input(file) as stream, command_errors():
            if lines:
                self._explain_lines(stream)
            else:
                self._explain_one(stream.read(), as_json=json)

    def _explain_one(self, text: str | bytes, *, as_json: bool) -> None:
        try:
            if as_json:
                self.stdout.write(_explain_as_json(text))
                return
            document = parse_document(text, now=timezone.now())
            explanation = explain(document, _judge_stored)
            diagnosis = diagnose_document(document, explanation, signature_debugging.find_secrets)
            for line in format_explanation(explanation, diagnosis):
                self.stdout.write(line)
        except InvalidDocument as error:
            raise CommandError(str(error), returncode=INVALID_INPUT) from None

    def _explain_lines(self, stream: IO[Any]) -> None:
        invalid = 0
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                result = _explain_as_json(line)
            except InvalidDocument as error:
                invalid += 1
                result = json.dumps({"line": number, "error": str(error)})
            self.stdout.write(result)
            # A program that reads from a pipe waits for each result.
            self.stdout.flush()
        if invalid:
            self.stderr.write(f"{invalid} of the lines could not be read; see the result of each.")


def _explain_as_json(text: str | bytes) -> str:
    """Explain one request; return the explanation as JSON on one line.

    Raises:
        InvalidDocument: if the document is invalid.
    """
    explanation = explain(parse_document(text, now=timezone.now()), _judge_stored)
    try:
        return json.dumps(explanation.to_json(), allow_nan=False)
    except (ValueError, RecursionError):
        raise InvalidDocument("The metadata contains a number that is too large, or is nested too deeply.") from None


def _judge_stored(request: SignedRequest, now: datetime) -> Judgement:
    return judging.explain_request(request, now=now)


@contextmanager
def _open_input(file: str) -> Iterator[IO[Any]]:
    """Open the input as bytes, because JSON has several encodings; standard input is not closed."""
    if file == "-":
        yield getattr(sys.stdin, "buffer", sys.stdin)
        return
    try:
        with Path(file).open("rb") as stream:
            yield stream
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=INVALID_INPUT) from error
