"""Tries what a client may have done until one gives its signature: suspect texts with suspect keys, within a budget."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from hmac import digest as hmac_digest
from itertools import combinations
from typing import NamedTuple

from tokens.domain.diagnosis.drafts import Draft, Mistake, Suspect

# What is hashed for one question at most, in bytes; an HMAC costs like as many bytes besides.
_BUDGET = 48_000_000
_HMAC_COST = 500
_DRAFT_COST = 1_500


class Guess(NamedTuple):
    """A text that the client may have signed, and its mistakes."""

    draft: Draft
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyGuess:
    """A key that the client may have signed with.

    `mistakes` is empty for those that the portal accepts; `is_likely` marks the one that each private password should be used as.
    """

    key: bytes = field(repr=False)
    description: str = ""
    mistakes: tuple[Mistake, ...] = ()
    is_likely: bool = False

    @property
    def is_right(self) -> bool:
        """True if the portal accepts signatures with this key."""
        return not self.mistakes


@dataclass(frozen=True, slots=True)
class Found:
    """What gives the signature: a text and a key."""

    guess: Guess
    key: KeyGuess

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Everything that the client does otherwise, the text first."""
        return (*self.guess.mistakes, *self.key.mistakes)


class Budget:
    """How much may still be hashed. It keeps every answer within a second, whatever is pasted."""

    def __init__(self, total: int = _BUDGET) -> None:
        """Start with `total` bytes."""
        self.left = total

    def spend(self, size: int) -> bool:
        """Take `size` off; False if that is more than was left."""
        self.left -= size
        return self.left >= 0


def single_guesses(base: Guess, suspects: Sequence[Suspect]) -> Iterator[Guess]:
    """Yield the text as it is, and with one suspect each."""
    yield base
    for suspect in suspects:
        yield _apply(base, suspect)


def double_guesses(base: Guess, suspects: Sequence[Suspect]) -> Iterator[Guess]:
    """Yield the text with two suspects each, as far as they change different lines."""
    for one, other in combinations([suspect for suspect in suspects if suspect.pairs], 2):
        if one.role != other.role or not one.role:
            yield _apply(_apply(base, one), other)


def find_signer(signature: bytes, guesses: Iterable[Guess], keys: Sequence[KeyGuess], budget: Budget) -> Found | None:
    """Return the first text and key that give a signature (raw bytes), `None` if none does or the budget is used up."""
    for guess in guesses:
        message = guess.draft.message
        if not budget.spend(_cost(guess.draft)):
            return None
        for key in keys:
            if not budget.spend(_HMAC_COST + len(message)):
                return None
            if compare_digest(hmac_digest(key.key, message, "sha256"), signature):
                return Found(guess, key)
    return None


def find_text(text: str, guesses: Iterable[Guess], budget: Budget) -> Guess | None:
    """Return the guess whose text is the client's, but for line ends and white space at its end; `None` if none is."""
    wanted = normalize(text)
    for guess in guesses:
        if not budget.spend(_cost(guess.draft)):
            return None
        if normalize(guess.draft.text) == wanted:
            return guess
    return None


def find_hash(sha256: str, guesses: Iterable[Guess], budget: Budget) -> Guess | None:
    """Return the guess whose text has a hash (hex), `None` if none has."""
    wanted = sha256.lower()
    for guess in guesses:
        if not budget.spend(_cost(guess.draft)):
            return None
        if guess.draft.sha256 == wanted:
            return guess
    return None


def normalize(text: str) -> str:
    """Return a text as a form can send it: with line feeds, and without white space at its end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _cost(draft: Draft) -> int:
    return _DRAFT_COST + sum([len(line.text) for line in draft.lines])


def _apply(guess: Guess, suspect: Suspect) -> Guess:
    return Guess(suspect.change(guess.draft), (*guess.mistakes, *suspect.mistakes))
