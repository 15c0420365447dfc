"""What a request's path says: the API path that policies are compared with, and whether it leads to `/solaruser/`."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, unquote_to_bytes

from tokens.domain.text import has_control_character

# No escape, no parameter, no empty or dot segment: what nearly all paths look like. One class a segment, so it is linear.
_ORDINARY = re.compile(r"(?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)+").fullmatch
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})").search
_DOTS = frozenset({".", ".."})
_MAX_DECODINGS = 8


# Returns a signing key and reads nothing of a node.
REFRESH_PATH = "/auth-tokens/refresh/v2"
# Tells a token what it is. The whole path, as sent: no other spelling is the exception that the rules make for it.
WHOAMI_PATH = "/solaruser/api/v1/sec/whoami"


class UnreadablePath(ValueError):
    """A path that no API path can be read from; the text completes "The path …"."""


@dataclass(frozen=True, slots=True)
class ApiPath:
    """A request's path below `/api/v1/sec` or `/api/v1/pub`.

    Attributes:
        service: the segment before `api`, decoded; "" if there is none.
        path: what API path policies are compared with, decoded once; `None` if it must match nothing.
        problem: why `path` is `None`, completing "The path …".
        raw_segments: the segments of the path, still encoded.
    """

    service: str
    path: str | None
    problem: str
    raw_segments: tuple[str, ...]


def api_path(raw_path: str) -> str | None:
    """Return the path that API path policies are compared with, `None` if it must match nothing (SPEC, "API Paths")."""
    return read_api_path(raw_path).path


# Up to four rules of one request read its path, 3 µs each, and paths are few whatever the number of tokens.
@lru_cache(maxsize=1024)
def read_api_path(raw_path: str) -> ApiPath:
    """Read a path as sent on the request line; where it must match nothing, say why."""
    raw = raw_path.split("/")[1:]
    try:
        segments = raw if _ORDINARY(raw_path) else _read_segments(raw_path, raw)
    except UnreadablePath as error:
        # Nothing is compared with this path. What it names is still looked for, in the loosest reading.
        loose = [unquote(segment) for segment in raw]
        place = _find_prefix(loose)
        return ApiPath(loose[place - 1] if place else "", None, str(error), tuple(raw[place + 3 :]) if place is not None else ())
    place = _find_prefix(segments)
    if place is None:
        return ApiPath("", None, "has no /api/v1/sec or /api/v1/pub in it", ())
    service = segments[place - 1] if place else ""
    below = segments[place + 3 :]
    if not below:
        return ApiPath(service, None, "names no API method", ())
    return ApiPath(service, "/" + "/".join(below), "", tuple(raw[place + 3 :]))


def is_whoami(method: str, raw_path: str) -> bool:
    """Tell the request that asks what its token is: any token may (SPEC, "Signed requests")."""
    return raw_path == WHOAMI_PATH and method in {"GET", "HEAD"}


def without_parameters(path: str) -> str:
    """Return a decoded path without the `;name=value` parameters of its segments, as Java servers read it."""
    return "/".join(segment.partition(";")[0] for segment in path.split("/"))


def decode_strictly(text: str) -> str:
    """Percent-decode once, as UTF-8.

    Raises:
        UnreadablePath: an escape is broken, or the bytes are not UTF-8.
    """
    if _BAD_ESCAPE(text):
        raise UnreadablePath("contains a % that is not an escape")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError:
        raise UnreadablePath("is not UTF-8") from None


def loosest_segments(raw_path: str) -> list[str]:
    """Return the segments as a server sees them that decodes first and then tidies up: no parameters, dots or gaps."""
    return _resolve(_split_loosely(unquote(raw_path)))


def leads_to_solaruser(raw_path: str) -> bool:
    """Return whether any server on the way could take the path for one under `/solaruser/`.

    Every number of decodings is considered, with and without resolving dots: a server may do either. A path that never stops
    changing when decoded is taken for one, too.
    """
    if _ORDINARY(raw_path):
        return raw_path[1:].partition("/")[0].casefold() == "solaruser"
    path = raw_path
    for _ in range(_MAX_DECODINGS):
        segments = _split_loosely(path)
        if any(_is_solaruser(found) for found in (segments[:1], _resolve(segments)[:1])):
            return True
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return False
        path = decoded
    return True


def _read_segments(raw_path: str, raw: Sequence[str]) -> list[str]:
    if not raw_path.startswith("/"):
        raise UnreadablePath("does not start with /")
    if "?" in raw_path or "#" in raw_path:
        raise UnreadablePath("contains a ? or a #")
    segments = [decode_strictly(segment) for segment in raw]
    for segment in segments:
        name = segment.partition(";")[0]
        if not name:
            raise UnreadablePath("has an empty segment")
        if name in _DOTS:
            raise UnreadablePath("has a dot segment")
        if "/" in segment or "\\" in segment:
            raise UnreadablePath("contains an encoded slash or a backslash")
        if has_control_character(segment):
            raise UnreadablePath("contains a control character")
    return segments


def _find_prefix(segments: Sequence[str]) -> int | None:
    """Return where `api/v1/sec` or `api/v1/pub` first stands."""
    for place in range(len(segments) - 2):
        if segments[place] == "api" and segments[place + 1] == "v1" and segments[place + 2] in {"sec", "pub"}:
            return place
    return None


def _split_loosely(path: str) -> list[str]:
    names = (re.split("[;?#]", segment, maxsplit=1)[0].strip() for segment in path.replace("\\", "/").split("/"))
    return [name for name in names if name]


def _resolve(segments: Sequence[str]) -> list[str]:
    resolved: list[str] = []
    for segment in segments:
        if segment == "..":
            del resolved[-1:]
        elif segment != ".":
            resolved.append(segment)
    return resolved


def _is_solaruser(segments: Sequence[str]) -> bool:
    text = unicodedata.normalize("NFKC", "".join(segments)).casefold()
    # Characters that a server may drop must not hide the name.
    return "".join(character for character in text if "!" <= character <= "~") == "solaruser"
