"""The canonical request of SNWS2: one spelling for all the spellings of one request.

Text becomes bytes as UTF-8 throughout; nothing is normalised beyond what SNWS2 says.
"""

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from urllib.parse import quote, unquote_to_bytes

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.snws2.header import MAX_HEADER_LENGTH

# Parameters are read before the signature is checked: this bounds the work that an unauthenticated request can cause.
MAX_PARAMETERS = 10_000
# Each `%` and `+` of query and form is decoded and encoded again, before anybody knows who has signed: so many take 30 ms.
MAX_ESCAPES = 20_000

_FORM = "application/x-www-form-urlencoded"
_METHOD = re.compile(r"[A-Z0-9!#$%&'*+.^_`|~-]+").fullmatch
# An unpaired surrogate (what Python makes of bytes that are not UTF-8) has no bytes to hash.
_PATH = re.compile(r"/[^\x00-\x20\x7f?#\ud800-\udfff]*").fullmatch
# A line break in a value would make one header look like two.
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]").search
# Encoded as SNWS2 wants it already: unreserved characters, and upper-case escapes of the ASCII characters that need one.
# Most values are, and need not be decoded and encoded again.
_VALUE = r"[A-Za-z0-9._~-]*(?:%(?:[01][0-9A-F]|2[0-9ABCF]|3[A-F]|40|5[B-E]|60|7[BCDF])[A-Za-z0-9._~-]*)*"
_ENCODED = re.compile(_VALUE).fullmatch
# So is nearly every query as a whole: only the order of its parameters is left.
_PARAMETER = f"[A-Za-z0-9._~-]*={_VALUE}"
_ENCODED_QUERY = re.compile(f"{_PARAMETER}(?:&{_PARAMETER})*").fullmatch


def canonical_requests(
    *,
    method: str,
    path: str,
    queries: Sequence[str],
    hosts: Sequence[str],
    names: Sequence[str],
    headers: Mapping[str, str],
    body_sha256: str,
) -> tuple[str, ...]:
    """Build the canonical request, once for each reading of the query and each spelling of the host, the first of both first.

    Args:
        method: upper case.
        path: as sent, still encoded.
        queries: from `canonical_queries`.
        hosts: the spellings that count; they take the place of the `host` header.
        names: the signed headers, sorted, `host` among them.
        headers: values by lower-case name; they hold every other signed header.
        body_sha256: lower-case hex.

    Raises:
        MalformedRequest: a part could not have been sent as it is.

    Source: SNWS2, "Canonical request".
    """
    if not _METHOD(method):
        raise MalformedRequest(f"The method {method!r:.60} is not an upper-case name.")
    if not _PATH(path):
        raise MalformedRequest(f"The path {path!r:.60} does not start with '/' or contains a character that cannot be sent.")
    at = names.index("host")
    before = _header_lines(names[:at], headers)
    after = f"{_header_lines(names[at + 1 :], headers)}{';'.join(names)}\n{body_sha256}"
    return tuple(
        [f"{method}\n{path}\n{query}\n{before}{_header_line('host', host)}{after}" for query in queries for host in hosts]
    )


def _header_lines(names: Sequence[str], headers: Mapping[str, str]) -> str:
    return "".join([_header_line(name, headers[name]) for name in names])


def _header_line(name: str, value: str) -> str:
    if len(value) > MAX_HEADER_LENGTH:
        raise MalformedRequest(f"The header {name!r:.60} is longer than {MAX_HEADER_LENGTH} characters.")
    if _UNSENDABLE(value):
        raise MalformedRequest(f"The header {name!r:.60} contains a control character or is not valid UTF-8.")
    # White space around a value is not part of it (RFC 9110, section 5.5).
    trimmed = value.strip(" \t")
    return f"{name}:{trimmed}\n"


def is_form_post(method: str, content_type: str) -> bool:
    """Return whether the body's parameters belong to the canonical query: a POST of a URL-encoded form."""
    return method == "POST" and content_type.partition(";")[0].strip(" \t").lower() == _FORM


def canonical_queries(query: str, form: bytes = b"") -> tuple[str, ...]:
    """Write the parameters in the canonical way, as the servers read them, and then in each other way that a client may sign.

    The published JavaScript client takes a literal `+` for a plus sign and signs `%2B`; the servers behind it read a space. Both
    are signatures of what was sent. What the request may do is judged by the servers' reading alone.

    Raises:
        MalformedRequest: like `canonical_query`.

    Source: SNWS2, "Canonical request", 3.
    """
    if query.count("%") + query.count("+") + form.count(b"%") + form.count(b"+") > MAX_ESCAPES:
        raise MalformedRequest(f"There are more than {MAX_ESCAPES} escapes in the parameters.")
    as_read = canonical_query(query, form)
    if "+" not in query and b"+" not in form:
        return (as_read,)
    forms = dict.fromkeys((form, form.replace(b"+", b"%2B")))
    others = [canonical_query(text, body) for text in (query, query.replace("+", "%2B")) for body in forms]
    return tuple(dict.fromkeys((as_read, *others)))


def canonical_query(query: str, form: bytes = b"") -> str:
    """Write the parameters of a query, and after them those of a form, in the canonical way.

    A `+` is a space, in a query as in a form: that is how the upstream servers read it. A `%` that is not part of an escape
    stands for itself, and `&&` contains no parameter.

    Raises:
        MalformedRequest: not UTF-8, or more than `MAX_PARAMETERS` parameters.

    Source: SNWS2, "Canonical request", 3.
    """
    if not query and not form:
        return ""
    if not form and query.count("&") < MAX_PARAMETERS and _ENCODED_QUERY(query):
        return "&".join(sorted(query.split("&"), key=_name_of))
    try:
        parameters = _split(query) + _split(form.decode()) if form else _split(query)
        if len(parameters) > 1:
            # The sort is stable: the values of one name stay in the order sent.
            parameters.sort(key=itemgetter(0))
        return "&".join([f"{_encode(name)}={value}" for name, value in parameters])
    except UnicodeError:
        raise MalformedRequest("A parameter of the query or the form is not valid UTF-8.") from None


def _name_of(parameter: str) -> str:
    return parameter[: parameter.index("=")]


def _split(text: str) -> list[tuple[str, str]]:
    """Return each parameter's decoded name (to sort by) and canonically encoded value."""
    if text.count("&") >= MAX_PARAMETERS:
        raise MalformedRequest(f"There are more than {MAX_PARAMETERS} parameters.")
    parameters = []
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            parameters.append((_decode(name), value if _ENCODED(value) else quote(_decode(value), safe="")))
    return parameters


def _decode(text: str) -> str:
    if "%" in text or "+" in text:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    return text


def _encode(text: str) -> str:
    # Of all that `_ENCODED` accepts, only text without a `%` is its own encoding here: this text is decoded.
    return text if "%" not in text and _ENCODED(text) else quote(text, safe="")
