"""A token as one JSON document, to move it between systems: SolarNetwork's token object, and with it the private password."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from tokens.domain.dates import from_milliseconds
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.policy import Policy, check_applicable
from tokens.domain.policies.table import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, TokenType
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH, SECRET_PREFIX, has_secret, is_secret
from tokens.domain.states import State
from tokens.domain.strict_json import loads_strictly
from tokens.domain.text import find_problem, shorten

T = TypeVar("T")

# What follows from the rest (`expired`, `lastUsed`) or names an account of the other system (`userId`) is read over.
_IGNORED = frozenset({"userId", "expired", "lastUsed"})
_KEYS = frozenset({"id", "owner", "type", "name", "description", "status", "policy", "created", "authSecret"})
# SNWS2.md, "The header".
_TOKEN_ID = re.compile(rf"[!-+\--~]{{1,{MAX_TOKEN_ID_LENGTH}}}")
# SolarNetwork's own have 32 characters. A shorter one could be guessed.
MIN_SECRET_LENGTH, MAX_SECRET_LENGTH = 16, 128
_SECRET = re.compile(rf"[!-~]{{{MIN_SECRET_LENGTH},{MAX_SECRET_LENGTH}}}")
# What the database and JavaScript's clients can hold.
_LAST_INSTANT = 253_402_300_799_999


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token that can be stored, if its account takes it.

    `owner` is an email address, "" if the document names none; `created_at` is `None` if it says no instant. Without a secret
    the token signs nothing before it is rotated.
    """

    token_id: str
    token_type: TokenType
    status: State
    name: str = ""
    description: str = ""
    policy: Policy = field(default_factory=Policy)
    owner: str = ""
    created_at: datetime | None = None
    secret: str = field(default="", repr=False)

    @property
    def remarks(self) -> list[str]:
        """What its owner should know, although nothing is wrong with it."""
        remarks = []
        if ":" in self.token_id:
            remarks.append("HTTP message signatures cannot name an identifier with a colon; SNWS2 can.")
        if not self.secret:
            remarks.append("There is no private password (authSecret): rotate the token before it is used.")
        return remarks


def loads_record(text: str | bytes) -> TokenRecord:
    """Read a record from a line of JSON.

    Raises:
        PolicyError: with every problem. No message holds a private password.
    """
    document = loads_strictly(text)
    if not isinstance(document, Mapping):
        raise PolicyError([Problem("token", "A token is a JSON object.")])
    return read_record(document)


def read_record(document: Mapping[str, Any]) -> TokenRecord:
    """Read a record from a token object as SolarNetwork's API has it, with `authSecret` and `owner` where given.

    Raises:
        PolicyError: with every problem. A key that nobody knows is one: it may be a restriction.
    """
    problems = [_unknown(key) for key in document if key not in _KEYS | _IGNORED]

    def read(key: str, reader: Callable[[Any], T]) -> T | None:
        try:
            return reader(document.get(key))
        except PolicyError as error:
            problems.extend(error.problems)
            return None

    token_id = read("id", _read_identifier)
    token_type = read("type", _read_type)
    values = {
        "status": read("status", _read_status),
        "name": read("name", _reader_of_text("name", MAX_NAME_LENGTH)),
        "description": read("description", _reader_of_text("description", MAX_DESCRIPTION_LENGTH)),
        "policy": read("policy", lambda raw: _read_policy(raw, token_type)),
        "owner": read("owner", _reader_of_text("owner", 254)),
        "created_at": read("created", _read_instant),
        "secret": read("authSecret", _read_secret),
    }
    if problems or token_id is None or token_type is None:
        raise PolicyError(problems)
    return TokenRecord(token_id=token_id, token_type=token_type, **values)  # type: ignore[arg-type] # None only with a problem


def _unknown(key: object) -> Problem:
    return Problem(shorten(key), "This is not part of a token. If it restricts anything, it must not be lost: remove it by hand.")


def _read_identifier(raw: object) -> str:
    if not isinstance(raw, str) or not _TOKEN_ID.fullmatch(raw):
        message = f"An identifier has 1 to {MAX_TOKEN_ID_LENGTH} visible ASCII characters, no comma and no space."
        raise PolicyError([Problem("id", message, shorten(raw))])
    if has_secret(raw):
        raise PolicyError([Problem("id", "This is a private password, which belongs into authSecret.")])
    return raw


def _read_type(raw: object) -> TokenType:
    try:
        return TokenType(str(raw))
    except ValueError:
        choices = " or ".join(choice.value for choice in TokenType)
        raise PolicyError([Problem("type", f"The type is {choices}.", shorten(raw))]) from None


def _read_status(raw: object) -> State:
    if raw not in (State.ACTIVE.value, State.DISABLED.value):
        raise PolicyError([Problem("status", f"The status is {State.ACTIVE} or {State.DISABLED}.", shorten(raw))])
    return State(raw)


def _reader_of_text(key: str, limit: int) -> Callable[[object], str]:
    def read(raw: object) -> str:
        if raw is None:
            return ""
        if not isinstance(raw, str):
            raise PolicyError([Problem(key, "This is a text, or left out.", shorten(raw))])
        if len(raw) > limit:
            raise PolicyError([Problem(key, f"It has {len(raw):,} characters; the limit is {limit}.")])
        if problem := find_problem(raw, allowed="\n\r\t"):
            raise PolicyError([Problem(key, f"It {problem}.")])
        return raw

    return read


def _read_policy(raw: object, token_type: TokenType | None) -> Policy:
    policy = Policy() if raw is None else Policy.from_json(raw)
    if token_type is not None:
        check_applicable(policy, token_type)
    return policy


def _read_instant(raw: object) -> datetime | None:
    if raw is None:
        return None
    try:
        if isinstance(raw, str):
            instant = datetime.fromisoformat(raw.replace(" Z", "Z"))
            return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= _LAST_INSTANT:
            return from_milliseconds(raw)
    except (ValueError, OverflowError):
        pass
    message = "Write an instant as 2026-11-24 09:30:00.000Z or in epoch milliseconds, or leave it out."
    raise PolicyError([Problem("created", message, shorten(raw))])


def _read_secret(raw: object) -> str:
    """Return the private password. What is wrong with it is told without showing it."""
    if raw is None:
        return ""
    if not isinstance(raw, str) or not _SECRET.fullmatch(raw):
        message = f"A private password has {MIN_SECRET_LENGTH} to {MAX_SECRET_LENGTH} visible ASCII characters."
        raise PolicyError([Problem("authSecret", message)])
    if raw.startswith(SECRET_PREFIX) and not is_secret(raw):
        raise PolicyError([Problem("authSecret", f"It begins with {SECRET_PREFIX}, but its checksum is wrong: a character is.")])
    return raw
