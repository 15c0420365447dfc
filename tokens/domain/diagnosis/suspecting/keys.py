"""The keys that a client may have signed with, right and wrong, for both signing schemes."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hmac import digest as hmac_digest
from typing import NamedTuple

from tokens.domain.dates import format_day
from tokens.domain.diagnosis.drafts import Mistake
from tokens.domain.diagnosis.searching import KeyGuess
from tokens.domain.secrets.credentials import SECRET_PREFIX
from tokens.domain.signing.rfc9421.keys import signing_key as snws3_key
from tokens.domain.signing.snws2.keys import signing_key as snws2_key
from tokens.domain.signing.snws2.keys import spell_day

# How far from the request's day keys are tried.
_DAYS_BEFORE = 21
_DAYS_AFTER = 3


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """A private password of the token that can still be opened.

    `description` completes "signed with …"; `mistakes` is empty if it still works.
    """

    reveal: Callable[[], str] = field(repr=False)
    description: str = "the current private password"
    mistakes: tuple[Mistake, ...] = ()


class Family(NamedTuple):
    """How a scheme derives its keys: HMAC(HMAC(prefix + password, day), suffix)."""

    name: str
    prefix: str
    suffix: bytes
    derive: Callable[[str, date], bytes]


SNWS2 = Family("SNWS2", "SNWS2", b"snws2_request", snws2_key)
SNWS3 = Family("message signatures", "SNWS3", b"snws3_request", snws3_key)


@dataclass(frozen=True, slots=True)
class Lock:
    """Which keys open a request, and which may have been mistaken for them.

    Attributes:
        family, other: the scheme's own derivation, and the other scheme's.
        right_days: the days whose derived keys are right; empty if none is.
        day: the request's own UTC day.
        today: the present UTC day.
        takes_password: whether the password itself is the right key.
        token_id: the token's identifier, which is no password.
    """

    family: Family
    other: Family
    right_days: Sequence[date]
    day: date
    today: date
    takes_password: bool = False
    token_id: str = ""


def suspect_keys(lock: Lock, secrets: Sequence[KnownSecret]) -> tuple[KeyGuess, ...]:
    """Return every key to be tried, the right ones first."""
    guesses: list[KeyGuess] = []
    for secret in secrets:
        text = secret.reveal()
        for place, (key, description, mistakes) in enumerate((*_right_keys(lock, text), *_wrong_keys(lock, text))):
            found = (*secret.mistakes, *mistakes)
            guesses.append(KeyGuess(key, f"{secret.description}, {description}", found, is_likely=place == 0))
    guesses += [KeyGuess(key, description, mistakes) for key, description, mistakes in _keys_of_nobody(lock)]
    return tuple(sorted(guesses, key=lambda guess: len(guess.mistakes)))


class _Key(NamedTuple):
    key: bytes
    description: str
    mistakes: tuple[Mistake, ...] = ()


def _right_keys(lock: Lock, secret: str) -> Iterator[_Key]:
    for day in lock.right_days:
        yield _Key(lock.family.derive(secret, day), f"the signing key of {format_day(day)}")
    if lock.takes_password:
        yield _Key(secret.encode(), "the password itself as the key")


def _wrong_keys(lock: Lock, secret: str) -> Iterator[_Key]:
    yield from _keys_of_other_days(lock, secret)
    yield from _keys_of_the_other_scheme(lock, secret)
    yield from _keys_as_text(lock, secret)
    yield from _keys_derived_wrongly(lock, secret)
    for text, advice in _misspelled(secret):
        mistakes = (Mistake("Private password", advice),)
        for day in _some_days(lock):
            yield _Key(lock.family.derive(text, day), f"the signing key of {format_day(day)}", mistakes)
        if lock.takes_password:
            yield _Key(text.encode(), "the password itself as the key", mistakes)


def _keys_of_other_days(lock: Lock, secret: str) -> Iterator[_Key]:
    for day in _days_around(lock):
        if day in lock.right_days:
            continue
        if lock.right_days:
            advice = f"The key is that of {format_day(day)}. For this request it must be {_say_days(lock.right_days)} (UTC)."
            mistake = Mistake("Key of the wrong day", advice)
        else:
            advice = f"The key was derived for {format_day(day)}, but the keyid names no day: add “:{spell_day(day)}” to it."
            mistake = Mistake("Derived key", advice)
        yield _Key(lock.family.derive(secret, day), f"the signing key of {format_day(day)}", (mistake,))


def _keys_of_the_other_scheme(lock: Lock, secret: str) -> Iterator[_Key]:
    advice = (
        f"The key is for {lock.other.name}. This request needs one for {lock.family.name}: "
        f"HMAC(HMAC(“{lock.family.prefix}” + password, day), “{lock.family.suffix.decode()}”)."
    )
    for day in _days_around(lock):
        yield _Key(
            lock.other.derive(secret, day), f"the signing key of {format_day(day)}", (Mistake("Key of the other scheme", advice),)
        )


def _keys_as_text(lock: Lock, secret: str) -> Iterator[_Key]:
    for day in _some_days(lock):
        key = lock.family.derive(secret, day)
        description = f"the signing key of {format_day(day)}"
        for spelling, text in (("hex digits", key.hex()), ("hex digits", key.hex().upper()), ("base64", b64encode(key).decode())):
            advice = f"The key's {spelling} were used as text. Decode them: the key is the 32 bytes that they stand for."
            yield _Key(text.encode(), description, (Mistake("Key as text", advice),))


def _keys_derived_wrongly(lock: Lock, secret: str) -> Iterator[_Key]:
    family = lock.family
    prefixed, plain = f"{family.prefix}{secret}".encode(), secret.encode()
    recipe = f"HMAC(HMAC(“{family.prefix}” + password, “YYYYMMDD”), “{family.suffix.decode()}”), each result as raw bytes"
    for day in _some_days(lock):
        stamp = spell_day(day).encode()
        day_key = _hmac(prefixed, stamp)
        for key, what in (
            (day_key, f"the last step (“{family.suffix.decode()}”) is missing"),
            (_hmac(_hmac(plain, stamp), family.suffix), f"“{family.prefix}” before the password is missing"),
            (_hmac(plain, stamp), f"“{family.prefix}” and the last step are missing"),
            (_hmac(day_key.hex().encode(), family.suffix), "the key between the steps was passed on as hex digits"),
            (_hmac(_hmac(prefixed, day.isoformat().encode()), family.suffix), "the day was written with hyphens"),
            (_hmac(_hmac(stamp, prefixed), family.suffix), "key and text of the first HMAC are swapped"),
            (_hmac(family.suffix, day_key), "key and text of the second HMAC are swapped"),
            (_hmac(family.suffix, _hmac(stamp, prefixed)), "key and text of both HMACs are swapped"),
            (_hmac(_hmac(f"AWS4{secret}".encode(), stamp), b"aws4_request"), "the steps of AWS were used"),
        ):
            yield _Key(
                key,
                f"a key of {format_day(day)}",
                (Mistake("Key derivation", f"In deriving the key, {what}. It must be {recipe}."),),
            )
    for key in (plain, prefixed):
        if not lock.takes_password:
            advice = f"The password itself was used as the key. The key must be derived: {recipe}."
            yield _Key(key, "the password itself as the key", (Mistake("Key derivation", advice),))


def _misspelled(secret: str) -> Iterator[tuple[str, str]]:
    """Yield wrong spellings of a private password, and what is wrong with them."""
    if secret.startswith(SECRET_PREFIX):
        yield secret.removeprefix(SECRET_PREFIX), f"The private password lacks its “{SECRET_PREFIX}”, which is part of it."
    for end in ("\n", "\r\n", "\r", " "):
        yield secret + end, "The private password ends with a line break or a space, which a file or echo may add. Remove it."
    yield f" {secret}", "The private password begins with a space. Remove it."
    for quote in "'\"":
        yield f"{quote}{secret}{quote}", "The private password was used with the quotes around it."
    yield secret[:-1], "The last character of the private password is missing."
    yield secret.lower(), "The private password was written in lower case; its letters' case matters."
    yield b64encode(secret.encode()).decode(), "The private password was encoded in base64. Use it as it was shown."


def _keys_of_nobody(lock: Lock) -> Iterator[_Key]:
    empty = "The private password was empty or not set: check the environment variable or file that it is read from."
    identifier = "The token identifier was used instead of the private password."
    for text, advice in (("", empty), ("undefined", empty), ("null", empty), ("None", empty), (lock.token_id, identifier)):
        mistakes = (Mistake("Private password", advice),)
        for day in _some_days(lock):
            yield _Key(lock.family.derive(text, day), f"the signing key of {format_day(day)}", mistakes)
        if lock.takes_password:
            yield _Key(text.encode(), "the password itself as the key", mistakes)


def _some_days(lock: Lock) -> Sequence[date]:
    return lock.right_days[:2] or (lock.day,)


def _days_around(lock: Lock) -> list[date]:
    """Return the days whose keys a client may have had, the nearest first."""
    days = []
    for base in dict.fromkeys((lock.day, lock.today)):
        days += [day for offset in range(-_DAYS_BEFORE, _DAYS_AFTER + 1) if (day := _shift(base, offset))]
    return sorted(dict.fromkeys(days), key=lambda day: abs(day - lock.day))


def _shift(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _say_days(days: Sequence[date]) -> str:
    first, last = min(days), max(days)
    return f"that of {format_day(first)}" if first == last else f"one of {format_day(first)} to {format_day(last)}"


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac_digest(key, text, "sha256")
