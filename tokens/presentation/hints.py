"""What the entries of a draft match, as far as the portal knows: a hint beside the field, never an error.

An entry that the form refuses has none: its error says what is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from accounts.models import User
from tokens.domain.authorization.api_methods import count_matches, methods_for
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.inclusion import is_within
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.matching.texts import Text, is_plain, matches
from tokens.domain.matching.work import Work
from tokens.domain.policies.table import BY_JSON_KEY, MAX_ENTRIES, TokenType
from tokens.domain.policies.values import pattern_problem, split_entries
from tokens.domain.policies.wording.phrases import Pattern, Words
from tokens.domain.spelling import KnownPaths, find_slip
from tokens.models import SecurityToken

# Hints are for what a person types: nobody reads a longer list of them. Slips are looked for beyond these entries too.
_HINTED_ENTRIES = 20
_READ_TOKENS = 200
_KNOWN_SOURCES = 500
# For all that is said of source IDs together, a quarter of a second at most; then the rest goes without a hint.
_MAX_WORK = 500_000
# In a shorter segment, such as `A` or `B`, another character makes another name, not a slip.
_SHORTEST_WORD = 4


@dataclass(frozen=True, slots=True)
class Hint:
    """What one entry matches. `warns` if that is nothing, or not what was meant."""

    entry: str
    text: str
    warns: bool = False


def hints_for_api_paths(typed: str, token_type: TokenType) -> list[Hint]:
    """Return how many API methods each entry matches and all of them together, and what those that match none may mean."""
    entries = _usable_entries(typed, "apiPaths")
    hints = [_api_path_hint(entry, token_type) for entry in entries[:_HINTED_ENTRIES]]
    if 1 < len(hints) == len(entries) and not all(hint.warns for hint in hints):
        together = count_matches(entries, token_type)
        text = f"Together they allow {together.matched} of {together.total} API methods."
        hints.append(Hint("", text, warns=not together.matched))
    misspelt = (entry for entry in entries[_HINTED_ENTRIES:] if _known_api_path_near(entry, token_type))
    return hints + [_api_path_hint(entry, token_type) for entry in islice(misspelt, _HINTED_ENTRIES)]


def hints_for_sources(typed: str, known: Sequence[str]) -> list[Hint]:
    """Return which of the source IDs that other tokens name each pattern matches, and which entries seem to be misspelt.

    Args:
        typed: the field's text.
        known: source IDs and patterns, as `known_sources` returns them.
    """
    entries = _usable_entries(typed, "sourceIds")
    rooted = [source for source in (*known, *entries) if source.startswith("/")]
    sources = _KnownSources(known, entries)
    hints = [hint for entry in entries[:_HINTED_ENTRIES] for hint in _source_hints(entry, sources, rooted)]
    later = (hint for entry in entries[_HINTED_ENTRIES:] for hint in _misspelt_source_hints(entry, sources))
    return hints + list(islice(later, _HINTED_ENTRIES))


def known_sources(owner: User, *, besides: SecurityToken | None = None) -> list[str]:
    """Return the source IDs and patterns that the account's (other) tokens name: all that the portal knows of sources."""
    tokens = SecurityToken.objects.owned_by(owner).of_type(TokenType.DATA).filter(policy__has_key="sourceIds")
    if besides is not None:
        tokens = tokens.exclude(pk=besides.pk)
    lists = tokens.values_list("policy__sourceIds", flat=True)[:_READ_TOKENS]
    # What was stored by other means may be anything.
    found = (source for entries in lists if isinstance(entries, list) for source in entries if isinstance(source, str))
    return sorted(dict.fromkeys(found))[:_KNOWN_SOURCES]


def _usable_entries(typed: str, json_key: str) -> tuple[str, ...]:
    row = BY_JSON_KEY[json_key]
    return tuple(entry for entry in split_entries(typed)[:MAX_ENTRIES] if not pattern_problem(row, entry))


def _api_path_hint(entry: str, token_type: TokenType) -> Hint:
    pattern = entry.removeprefix("!")
    count = count_matches([pattern], token_type)
    if count.matched:
        text = str(count) if pattern == entry else str(count).replace("matches", "excludes", 1)
        return Hint(entry, f"{text}.")
    if token_type is TokenType.DATA and count_matches([pattern]).matched:
        return Hint(entry, f"matches only API methods that a {token_type.label} token may not call.", warns=True)
    meant = _known_api_path_near(entry, token_type)
    advice = Words("Did you mean ", Pattern(meant), "?") if meant else "Check the spelling."
    return Hint(entry, Words("matches no API method that the portal knows. ", advice), warns=True)


def _known_api_path_near(entry: str, token_type: TokenType) -> str:
    """Return an entry that matches an API method and is one slip away from one that matches none, "" if there is none."""
    pattern = entry.removeprefix("!")
    corrections = _api_paths(token_type).corrections(pattern)
    meant = next((text for text in corrections if count_matches([text], token_type).matched), "")
    if not meant or count_matches([pattern]).matched:
        return ""
    return entry.removesuffix(pattern) + meant


@cache
def _api_paths(token_type: TokenType) -> KnownPaths:
    methods = methods_for(token_type)
    literal = [segment for method in methods for segment in method.segments if not segment.startswith("{")]
    return KnownPaths([method.path for method in methods if "{" not in method.path], literal)


class _KnownSources:
    """The source IDs and patterns that other tokens name, and how typed entries relate to them, within a bound of work."""

    def __init__(self, known: Sequence[str], typed: Sequence[str]) -> None:
        """Take the known ones, and all that are typed."""
        self.known = known
        self._named = frozenset(known)
        self._typed = frozenset(typed)
        self._work = Work(_MAX_WORK)
        self._plain = [source for source in known if is_plain(source)]
        self._patterns = PatternSet([source for source in known if not is_plain(source)], self._work)
        segments = dict.fromkeys(segment for source in known for segment in source.split("/") if is_plain(segment))
        self._paths = KnownPaths(known, [word for word in segments if len(word) >= _SHORTEST_WORD and not word.isdigit()])

    def matched_by(self, entry: str) -> list[str]:
        """Return what an entry matches: itself, source IDs, and patterns that lie within it."""
        if is_plain(entry):
            return [entry] if entry in self._named else []
        plain = (source for source in self._plain if Text(source, self._work).matches(entry))
        patterns = (source for source in self._patterns.entries if is_within(source, entry, self._work))
        return [*plain, *patterns]

    def find_around(self, entry: str) -> str:
        """Return a known pattern within which an entry lies, or ""."""
        return self._patterns.find_around(entry) or ""

    def find_meant(self, entry: str) -> str:
        """Return what is known and one slip away from an entry that is not, or ""."""
        if entry in self._named:
            return ""
        corrections = (text for text in self._paths.corrections(entry) if _is_slip_of_the_pen(entry, text))
        if is_plain(entry):
            # Two sources with similar names may be meant, two patterns of which one matches nothing hardly.
            corrections = (text for text in corrections if text not in self._typed)
        meant = next((text for text in corrections if self._is_known(text)), "")
        return "" if meant and self._is_known(entry) else meant

    def _is_known(self, entry: str) -> bool:
        return bool(entry in self._named or self.find_around(entry) or self.matched_by(entry))


def _is_slip_of_the_pen(typed: str, meant: str) -> bool:
    """Return whether one source ID is hardly meant to differ from the other: numbers and short names are."""
    slip = find_slip(typed, meant)
    if slip is None or any(character.isdigit() or character in "*?" for character in slip.typed + slip.meant):
        return False
    if "/" in slip.typed + slip.meant:
        return True
    start = meant.rfind("/", 0, slip.place) + 1
    return len(meant[start:].partition("/")[0]) >= _SHORTEST_WORD


def _source_hints(entry: str, sources: _KnownSources, rooted: Sequence[str]) -> list[Hint]:
    try:
        if is_plain(entry):
            return _misspelt_source_hints(entry, sources)
        return _pattern_hints(entry, sources, rooted)
    except TooMuchWork:
        return []


def _misspelt_source_hints(entry: str, sources: _KnownSources) -> list[Hint]:
    try:
        meant = sources.find_meant(entry)
    except TooMuchWork:
        return []
    if not meant:
        return []
    verb = "is" if is_plain(entry) else "matches"
    said = f"{verb} none of the source IDs that your other tokens name. Did you mean "
    return [Hint(entry, Words(said, Pattern(meant), "?"), warns=True)]


def _pattern_hints(entry: str, sources: _KnownSources, rooted: Sequence[str]) -> list[Hint]:
    """Return what a pattern matches of the known sources, and how to write it for those that begin with "/" (`rooted`)."""
    hints = []
    matched = sources.matched_by(entry)
    lacks_slash = _seems_to_lack_a_slash(entry, rooted)
    if matched:
        shown = Words.joined(", ", [*map(Pattern, matched[:3]), *(["…"] if len(matched) > 3 else [])])
        count = f"matches {len(matched)} of {len(sources.known)} source IDs that your other tokens name: "
        hints.append(Hint(entry, Words(count, shown, ".")))
    elif around := sources.find_around(entry):
        hints.append(Hint(entry, Words("lies within ", Pattern(around), ", which another of your tokens names.")))
    elif sources.known and not lacks_slash:
        hints += _misspelt_source_hints(entry, sources) or [
            Hint(entry, "matches none of the source IDs that your other tokens name.", warns=True)
        ]
    if lacks_slash:
        said = "matches only source IDs that do not begin with /. For those that do, write "
        hints.append(Hint(entry, Words(said, Pattern(f"/{entry}"), "."), warns=bool(rooted)))
    return hints


def _seems_to_lack_a_slash(entry: str, rooted: Sequence[str]) -> bool:
    """Return whether a pattern may be meant for source IDs that begin with "/", such as `rooted`, but matches none of them."""
    if entry.startswith("/"):
        return False
    return entry.startswith(("*", "?")) or any(matches(f"/{entry}", source) for source in rooted)
