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
from tokens.management.exit_codes import UNREADABLE, told_by_exit
from tokens.management.explanations import explain, in_words
from tokens.management.request_document import UnreadableQuestion, read_question
from tokens.services.signed_requests import judging


class Command(BaseCommand):
    """Judges a request as the API and the gateway would, and tells every step."""

    help = "Judge a signed request exactly as the API and the gateway would, and tell every step."
    # It works without keys and without a database, as long as the question brings its token along.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", help="a JSON file that describes the request; - for standard input")
        parser.add_argument("--json", action="store_true", help="answer with a JSON object")
        parser.add_argument("--lines", action="store_true", help="take JSON Lines, and answer each with a JSON object on a line")

    def handle(self, *_: Any, file: str, json: bool, lines: bool, **__: Any) -> None:
        """Explain one request, or one a line."""
        with _opened(file) as stream, told_by_exit():
            if lines:
                self._explain_lines(stream)
            else:
                self._explain_one(stream.read(), as_json=json)

    def _explain_one(self, text: str | bytes, *, as_json: bool) -> None:
        try:
            if as_json:
                self.stdout.write(_answer(text))
                return
            for line in in_words(explain(read_question(text, now=timezone.now()), _judge_stored)):
                self.stdout.write(line)
        except UnreadableQuestion as error:
            raise CommandError(str(error), returncode=UNREADABLE) from None

    def _explain_lines(self, stream: IO[Any]) -> None:
        unreadable = 0
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                answer = _answer(line)
            except UnreadableQuestion as error:
                unreadable += 1
                answer = json.dumps({"line": number, "error": str(error)})
            self.stdout.write(answer)
            # A program at the other end of a pipe waits for each answer.
            self.stdout.flush()
        if unreadable:
            self.stderr.write(f"{unreadable} of the lines could not be read; the answer of each says why.")


def _answer(text: str | bytes) -> str:
    """Return the answer to one question as JSON on one line.

    Raises:
        UnreadableQuestion: says what is wrong with the question.
    """
    explanation = explain(read_question(text, now=timezone.now()), _judge_stored)
    try:
        return json.dumps(explanation.to_json(), allow_nan=False)
    except (ValueError, RecursionError):
        raise UnreadableQuestion("The metadata holds a number too large, or is nested too deeply, to be written again.") from None


def _judge_stored(request: SignedRequest, now: datetime) -> Judgement:
    return judging.explain_request(request, now=now)


@contextmanager
def _opened(file: str) -> Iterator[IO[Any]]:
    """Open the input as bytes, since JSON has several encodings; standard input is left open."""
    if file == "-":
        yield getattr(sys.stdin, "buffer", sys.stdin)
        return
    try:
        with Path(file).open("rb") as stream:
            yield stream
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=UNREADABLE) from error
