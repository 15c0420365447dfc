"""What the entries of a draft match, as far as the portal knows: a hint beside the field, never an error."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from accounts.models import User
from tokens.domain.authorization.api_methods import count_matches
from tokens.domain.matching.texts import is_plain, matches
from tokens.domain.policies.table import TokenType
from tokens.domain.policies.values import split_entries
from tokens.models import SecurityToken

# Hints are for what a person types: nobody reads a longer list of them.
_HINTED_ENTRIES = 20
_READ_TOKENS = 200
_KNOWN_SOURCES = 500
_LONGEST_ENTRY = 256


@dataclass(frozen=True, slots=True)
class Hint:
    """What one entry matches. `warns` if that is nothing, or not what was meant."""

    entry: str
    text: str
    warns: bool = False


def hints_for_api_paths(typed: str, token_type: TokenType) -> list[Hint]:
    """Return how many API methods each entry matches, and all of them together."""
    entries = _first_entries(typed)
    hints = [_api_path_hint(entry, token_type) for entry in entries]
    if len(entries) > 1:
        together = count_matches(entries, token_type)
        text = f"Together they allow {together.matched} of {together.total} API methods."
        hints.append(Hint("", text, warns=not together.matched))
    return hints


def hints_for_sources(typed: str, known: Sequence[str]) -> list[Hint]:
    """Return which of the sources that other tokens name each pattern matches, and which pattern seems to lack its first "/"."""
    entries = _first_entries(typed)
    rooted = [source for source in (*known, *entries) if source.startswith("/")]
    return [hint for entry in entries if not is_plain(entry) for hint in _source_hints(entry, known, rooted)]


def known_sources(owner: User, *, besides: SecurityToken | None = None) -> list[str]:
    """Return the plain source IDs that the account's (other) tokens name: all that the portal knows of sources."""
    tokens = SecurityToken.objects.owned_by(owner).of_type(TokenType.DATA).filter(policy__has_key="sourceIds")
    if besides is not None:
        tokens = tokens.exclude(pk=besides.pk)
    found = (source for token in tokens[:_READ_TOKENS] for source in _sources_of(token) if is_plain(source))
    return sorted(dict.fromkeys(found))[:_KNOWN_SOURCES]


def _first_entries(typed: str) -> tuple[str, ...]:
    return tuple(entry for entry in split_entries(typed)[:_HINTED_ENTRIES] if len(entry) <= _LONGEST_ENTRY)


def _api_path_hint(entry: str, token_type: TokenType) -> Hint:
    pattern = entry.removeprefix("!")
    if not pattern.startswith("/"):
        rooted = entry.removesuffix(pattern) + f"/{pattern}"
        return Hint(entry, f"matches no API method, because their paths begin with /. Write {rooted} instead.", warns=True)
    count = count_matches([pattern], token_type)
    if not count.matched:
        return Hint(entry, "matches no API method that the portal knows. Check the spelling.", warns=True)
    text = str(count) if pattern == entry else str(count).replace("matches", "excludes", 1)
    return Hint(entry, f"{text}.")


def _source_hints(entry: str, known: Sequence[str], rooted: Sequence[str]) -> Iterator[Hint]:
    """Yield what a pattern matches of the known sources, and how to write it for those that begin with "/" (`rooted`)."""
    matched = [source for source in known if matches(entry, source)]
    lacks_slash = _seems_to_lack_a_slash(entry, rooted)
    if matched:
        shown = ", ".join(matched[:3]) + (", …" if len(matched) > 3 else "")
        yield Hint(entry, f"matches {len(matched)} of {len(known)} source IDs that your other tokens name: {shown}.")
    elif known and not lacks_slash:
        yield Hint(entry, "matches none of the source IDs that your other tokens name.", warns=True)
    if lacks_slash:
        text = f"matches only source IDs that do not begin with /. For those that do, write /{entry}."
        yield Hint(entry, text, warns=bool(rooted))


def _seems_to_lack_a_slash(entry: str, rooted: Sequence[str]) -> bool:
    """Return whether a pattern may be meant for source IDs that begin with "/", such as `rooted`, but matches none of them."""
    if entry.startswith("/"):
        return False
    return entry.startswith(("*", "?")) or any(matches(f"/{entry}", source) for source in rooted)


def _sources_of(token: SecurityToken) -> Iterable[str]:
    policy = token.read_policy()
    return (policy.source_ids if policy else None) or ()
