"""The ways in which clients write a path or a query, and what each does otherwise than it should."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_plus

from tokens.domain.diagnosis.drafts import Mistake

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
# Beyond this the product of spellings and orders is not tried.
_LONG = 4096

BLANK_AS_PLUS = Mistake("Percent-encoding", "A space is written as “+”; it must be “%20”.")
LOWER_HEX = Mistake("Percent-encoding", "Escapes have lower-case letters (“%2f”); they must be upper case (“%2F”).")
TWICE = Mistake("Percent-encoding", "The text is encoded twice: “%” became “%25”. Encode the decoded value, once.")
NOT_ENCODED = Mistake("Percent-encoding", "The text is not encoded. Everything but A-Z a-z 0-9 - _ . ~ must be written as “%XX”.")
SOME_LEFT = Mistake(
    "Percent-encoding", "Some characters are not encoded. Everything but A-Z a-z 0-9 - _ . ~ must be written as “%XX”."
)
TILDE = Mistake("Percent-encoding", "“~” is written as “%7E”; it must stay as it is.")
STAR = Mistake("Percent-encoding", "“*” is not encoded; it must be “%2A”.")
AS_SENT = Mistake("Query as sent", "The query is signed as it was sent. It must be decoded, encoded again and sorted by name.")
UNSORTED = Mistake("Order", "The parameters are in the order in which they were sent. They must be sorted by name.")
SORTED = Mistake(
    "Order", "The parameters are sorted differently. Sort by name, by code point; keep the order of one name's values."
)
NO_EQUALS = Mistake("Query", "A parameter without a value lacks its “=”; it must be “name=”.")
NO_QUERY = Mistake("Query", "The query is left out of what is signed.")
MARK = Mistake("Query", "The query is signed with its “?”, which is not part of it.")


class Spelling(NamedTuple):
    """Another way to write something, and what is wrong with it."""

    text: str
    mistakes: tuple[Mistake, ...]


Encode = Callable[[str], str]
Parameter = tuple[str, str, bool]


def lower_hex(text: str) -> str:
    """Return the text with its escapes in lower case."""
    return _ESCAPE.sub(lambda found: found[0].lower(), text)


def _encode(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _java(text: str) -> str:
    return quote(text, safe="*", errors="replace").replace("%20", "+").replace("~", "%7E")


_ENCODERS: tuple[tuple[Encode, tuple[Mistake, ...]], ...] = (
    (_encode, ()),
    (lambda text: _encode(text).replace("%20", "+"), (BLANK_AS_PLUS,)),
    (lambda text: lower_hex(_encode(text)), (LOWER_HEX,)),
    (lambda text: quote(text, safe="*", errors="replace"), (STAR,)),
    (lambda text: quote(text, safe="!'()*", errors="replace"), (SOME_LEFT,)),
    (lambda text: quote(text, safe="/", errors="replace"), (SOME_LEFT,)),
    (lambda text: quote(text, safe="/*", errors="replace"), (SOME_LEFT,)),
    (lambda text: quote(text, safe=":", errors="replace"), (SOME_LEFT,)),
    (lambda text: quote(text, safe=",", errors="replace"), (SOME_LEFT,)),
    (lambda text: quote(text, safe="!'()*;/?:@,$+", errors="replace"), (SOME_LEFT,)),
    (_java, (BLANK_AS_PLUS, STAR, TILDE)),
    (lambda text: _encode(text).replace("~", "%7E"), (TILDE,)),
    (lambda text: text, (NOT_ENCODED,)),
    (lambda text: _encode(_encode(text)), (TWICE,)),
)


def query_spellings(query: str, canonical: str) -> tuple[Spelling, ...]:
    """Return other ways to write a query, as far as they differ from the canonical one; the fewest mistakes first.

    Args:
        query: as sent, without the "?"; the parameters of a form after it.
        canonical: as SNWS2 writes it.
    """
    found: dict[str, tuple[Mistake, ...]] = {canonical: ()}
    for text, mistakes in _all_query_spellings(query, canonical):
        if text not in found or len(mistakes) < len(found[text]):
            found[text] = mistakes
    return tuple(Spelling(text, mistakes) for text, mistakes in found.items() if mistakes)


def _all_query_spellings(query: str, canonical: str) -> Iterator[Spelling]:
    parameters = _split(query)
    is_long = len(query) > _LONG
    for encode, wrong in _ENCODERS:
        for order, unordered in _ORDERS:
            if not (is_long and wrong and unordered):
                yield Spelling(_join(order(parameters), encode), (*wrong, *unordered))
    yield Spelling(query, (AS_SENT,))
    yield Spelling("&".join(sorted(query.split("&"))), (AS_SENT,))
    yield Spelling(unquote_plus(query), (NOT_ENCODED, UNSORTED))
    yield Spelling(quote(query, safe="=&~", errors="replace"), (TWICE, UNSORTED))
    yield Spelling("&".join(one.removesuffix("=") for one in canonical.split("&")), (NO_EQUALS,))
    yield Spelling(f"?{canonical}", (MARK,))
    yield Spelling(f"?{query}", (MARK, AS_SENT))
    yield Spelling("", (NO_QUERY,))


def _split(query: str) -> list[Parameter]:
    """Return name, value and whether there is a "=" of each parameter, decoded."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return [(unquote_plus(name), unquote_plus(value), bool(equals)) for name, equals, value in pairs]


def _join(parameters: list[Parameter], encode: Encode) -> str:
    return "&".join([f"{encode(name)}={encode(value)}" for name, value, _ in parameters])


_ORDERS: tuple[tuple[Callable[[list[Parameter]], list[Parameter]], tuple[Mistake, ...]], ...] = (
    (lambda all_: sorted(all_, key=lambda one: one[0]), ()),
    (list, (UNSORTED,)),
    (lambda all_: sorted(all_, key=lambda one: (one[0], one[1])), (SORTED,)),
    (lambda all_: sorted(all_, key=lambda one: one[0].lower()), (SORTED,)),
)


def query_orders(query: str) -> tuple[str, ...]:
    """Return a query as sent with its parameters sorted in other ways."""
    pairs = query.split("&")
    by_name = sorted(pairs, key=lambda pair: pair.partition("=")[0])
    return tuple(text for text in ("&".join(by_name), "&".join(sorted(pairs))) if text != query)


def path_spellings(path: str) -> tuple[Spelling, ...]:
    """Return other ways to write a path that was sent, the fewest mistakes first."""
    decoded = unquote(path)
    again = Mistake(
        "Percent-encoding", "The path is encoded differently than it was sent. Sign it exactly as on the request line."
    )
    found: dict[str, tuple[Mistake, ...]] = {path: ()}
    for text, mistake in (
        (decoded, Mistake("Percent-encoding", "The path was decoded before signing. Sign it exactly as on the request line.")),
        (path.replace("%", "%25"), Mistake("Percent-encoding", "The path is encoded twice: “%” became “%25”.")),
        (lower_hex(path), LOWER_HEX),
        (quote(decoded, safe="/~", errors="replace"), again),
        (quote(decoded, safe="/~:@!$&'()*+,;=", errors="replace"), again),
        (quote(decoded, safe="", errors="replace"), again),
        (path.removesuffix("/") or "/", Mistake("Path", "The slash at the path's end is missing from what is signed.")),
        (f"{path}/", Mistake("Path", "The path is signed with a slash at its end that was not sent.")),
        (
            re.sub("/{2,}", "/", path),
            Mistake("Path", "Repeated slashes were merged. Sign the path exactly as on the request line."),
        ),
        (path.lstrip("/"), Mistake("Path", "The slash at the path's beginning is missing from what is signed.")),
        (path.lower(), Mistake("Path", "The path is signed in lower case.")),
        *_ends_of(path),
    ):
        found.setdefault(text, (mistake,))
    return tuple(Spelling(text, mistakes) for text, mistakes in found.items() if mistakes)


def _ends_of(path: str) -> Iterator[tuple[str, Mistake]]:
    """Yield the path without its first segments: what a client sees that knows only a part of the address."""
    rest = path
    for _ in range(5):
        rest = "/" + rest[1:].partition("/")[2]
        if rest == "/":
            return
        advice = "Only the end of the path is signed. Sign the whole path of the address, with everything before it."
        yield rest, Mistake("Path", advice)
