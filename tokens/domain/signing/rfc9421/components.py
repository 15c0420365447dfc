"""The components of a request and the signature base that they make up (RFC9421, "Signature base").

A covered component is compiled once into its line's beginning and a function that reads its value; clients cover the same few
components in every request.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.hosts import Origin, likely_origin
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.fields import read_items, read_text
from tokens.domain.signing.structured_fields import MAX_LENGTH, write_field, write_member

MAX_COMPONENTS = 64
# Components are read before the signature is checked: these bound the work that an unauthenticated request can cause.
MAX_STRUCTURED_COMPONENTS = 8
MAX_BASE_LENGTH = 64 * 1024
MAX_QUERY_PARAMETERS = 10_000

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+").fullmatch
_METHOD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch
_VISIBLE = re.compile(r"[!-~]*").fullmatch
# A line break in a value would make one component look like two.
_SENDABLE = re.compile(r"[\t -~]*").fullmatch
_TIGHT_COMMA = re.compile(r",(?![ \t])")
_FLAGS = frozenset({"", "?1"})


class Source(NamedTuple):
    """What the values of components are read from.

    Attributes:
        request: the request.
        fields: values by lower-case name; each line trimmed, several joined by `, `.
        origin: where the request was sent; there may be other readings.
        spaces_commas: whether a blank is put after each comma of a field's value that has none.
    """

    request: SignedRequest
    fields: Mapping[str, str]
    origin: Origin
    spaces_commas: bool = False

    @property
    def host(self) -> str:
        """The host that the client asked for, as it wrote it."""
        return self.fields["host"]


class Component(NamedTuple):
    """A covered component.

    Attributes:
        prefix: what its line in the signature base begins with.
        read: reads its value.
        is_fixed: whether the value is the same in every reading of a request.
    """

    prefix: str
    read: Callable[[Source], str]
    is_fixed: bool


class Covered(NamedTuple):
    """The covered components, in the order of their lines; `whole` names those of which nothing is left out."""

    components: tuple[Component, ...]
    whole: frozenset[str]


def read_source(request: SignedRequest) -> Source:
    """Return what the values of a request's components are read from, for the reading that is right for nearly every client.

    Raises:
        MalformedRequest: the host is not known.
    """
    fields: dict[str, str] = {}
    for name, line in request.headers:
        trimmed = line.strip(" \t")
        fields[name] = f"{fields[name]}, {trimmed}" if name in fields else trimmed
    if request.hosts:
        fields["host"] = request.hosts[0]
    if not fields.get("host"):
        raise MalformedRequest("The request has no Host field.")
    return Source(request, fields, likely_origin(fields["host"], request.scheme))


def signature_base(source: Source, covered: Covered, inner_list: str, *, first: str = "") -> str:
    """Return the text that is signed. What can be read in one reading of a request can be read in all.

    Args:
        source: the request, in one reading.
        covered: the covered components.
        inner_list: the value of `"@signature-params"`.
        first: the base of another reading of the same request: what is the same in every one is not read again.

    Raises:
        MalformedRequest: a field is covered that was not sent, or a value cannot be signed as it is.

    Source: RFC 9421, section 2.5.
    """
    if not first:
        lines = [f"{component.prefix}{component.read(source)}" for component in covered.components]
    else:
        lines = [
            line if component.is_fixed else f"{component.prefix}{component.read(source)}"
            for component, line in zip(covered.components, first.split("\n"), strict=False)
        ]
    return "\n".join([*lines, f'"@signature-params": {inner_list}'])


# Clients cover the same components time and again; the key is at most as long as the two fields may be.
@lru_cache(maxsize=512)
def compile_components(items: str) -> Covered:
    """Read the covered components.

    Args:
        items: what stands between the parentheses of the inner list, well formed.

    Raises:
        MalformedRequest: one is unknown, refused or named twice, or there are too many.

    Source: RFC 9421, section 2; RFC9421, "Covered components".
    """
    read = read_items(items)
    if len(read) > MAX_COMPONENTS:
        raise MalformedRequest(f"More than {MAX_COMPONENTS} components are covered.")
    components, whole, seen = [], set(), set()
    for item, spelled, parameters in read:
        if item[:1] != '"':
            raise MalformedRequest(f"A component must be named by a quoted string, not {item!a:.60}.")
        name = item[1:-1]
        # What a component is does not depend on the order of its parameters, nor on how a flag is written.
        identity = (name, frozenset((key, "" if value in _FLAGS else value) for key, value in parameters.items()))
        if identity in seen:
            raise MalformedRequest(f"The component {spelled!a:.80} is covered twice.")
        seen.add(identity)
        is_fixed = bool(parameters) if name[0] != "@" else name not in _OF_ORIGIN
        components.append(Component(f"{spelled}: ", _find_reader(name, parameters), is_fixed))
        if not parameters.keys() - {"sf", "bs"}:
            whole.add(name)
    if sum(not parameters.keys().isdisjoint({"sf", "key"}) for _, _, parameters in read) > MAX_STRUCTURED_COMPONENTS:
        raise MalformedRequest(f"More than {MAX_STRUCTURED_COMPONENTS} components have the parameter sf or key.")
    return Covered(tuple(components), frozenset(whole))


def _find_reader(name: str, parameters: Mapping[str, str]) -> Callable[[Source], str]:
    derived = _DERIVED.get(name)
    if derived is not None and not parameters:
        return derived
    if name == "@query-param" and parameters.keys() == {"name"}:
        return partial(_query_parameter, read_text(parameters, "name") or "")
    if not _FIELD_NAME(name):
        # Of a response (@status), unknown, or with upper-case letters.
        raise MalformedRequest(f"The component {name!a:.60} cannot be covered here.")
    reader = _find_field_reader(name, parameters)
    if reader is None:
        raise MalformedRequest(f"The parameters of the covered field {name!a:.60} are not supported.")
    return reader


def _find_field_reader(name: str, parameters: Mapping[str, str]) -> Callable[[Source], str] | None:
    flags = {key for key, value in parameters.items() if value in _FLAGS}
    others = parameters.keys() - flags
    if others == {"key"} and flags <= {"sf"}:
        return partial(_dictionary_member, name, read_text(parameters, "key") or "")
    if others or len(flags) > 1:
        return None
    read = _PLAIN_OR_FLAGGED.get(next(iter(flags), ""))
    return None if read is None else partial(read, name)


def _method(source: Source) -> str:
    method = source.request.method
    if not _METHOD(method):
        raise MalformedRequest(f"The method {method!a:.60} is not a name.")
    return method


def _path(source: Source) -> str:
    path = source.request.path
    if not _VISIBLE(path):
        raise MalformedRequest(f"The path {path!a:.60} contains a character that cannot be signed.")
    return path or "/"


def _query(source: Source) -> str:
    query = source.request.query
    if not _VISIBLE(query):
        raise MalformedRequest("The query contains a character that cannot be signed.")
    return f"?{query}"


def _authority(source: Source) -> str:
    return _sendable(source.origin.authority, "host")


def _request_target(source: Source) -> str:
    return f"{_path(source)}{_query(source) if source.request.has_query else ''}"


def _target_uri(source: Source) -> str:
    authority = _sendable(source.origin.spelling, "host")
    return f"{source.origin.scheme}://{authority}{_request_target(source)}"


_DERIVED: Mapping[str, Callable[[Source], str]] = {
    "@method": _method,
    "@authority": _authority,
    "@scheme": lambda source: source.origin.scheme,
    "@path": _path,
    "@query": _query,
    "@target-uri": _target_uri,
    "@request-target": _request_target,
}
_OF_ORIGIN = frozenset({"@authority", "@scheme", "@target-uri"})


def _query_parameter(name: str, source: Source) -> str:
    """Read one parameter of the query; it is signed decoded and encoded again (RFC 9421, section 2.2.8)."""
    try:
        parameters = _parse_query(source.request.query)
    except ValueError:
        raise MalformedRequest("The query is not valid UTF-8, or has too many parameters.") from None
    decoded = unquote(name)
    values = [value for key, value in parameters if key == decoded]
    if len(values) != 1:
        raise MalformedRequest(f"The query has the parameter {name!a:.60} {len(values)} times; @query-param needs it once.")
    return quote(values[0], safe="*").replace("~", "%7E")


# Several parameters of one query are read one after the other.
@lru_cache(maxsize=8)
def _parse_query(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_PARAMETERS)


def _field(name: str, source: Source) -> str:
    value = _sent(source, name)
    if source.spaces_commas:
        value = _TIGHT_COMMA.sub(", ", value)
    return _sendable(value, name)


def _sent(source: Source, name: str) -> str:
    value = source.fields.get(name)
    if value is None:
        raise MalformedRequest(f"The field {name!a:.60} is covered, but was not sent.")
    return value


def _sendable(value: str, name: str) -> str:
    if not _SENDABLE(value):
        raise MalformedRequest(f"The field {name!a:.60} has a character outside of ASCII, which only the parameter bs can cover.")
    return value


def _structured_field(name: str, source: Source) -> str:
    """Write a structured field strictly (`sf`)."""
    value = _sent(source, name)
    try:
        return write_field(name, value)
    except ValueError:
        raise MalformedRequest(
            f"The field {name!a:.60} is not a structured field of a known type, or longer than {MAX_LENGTH} characters."
        ) from None


def _wrapped_bytes(name: str, source: Source) -> str:
    """Write each line of a field as bytes (`bs`)."""
    value = _sent(source, name)
    lines = (value,) if name == "host" else source.request.header_values(name)
    return ", ".join([f":{b64encode(_line_bytes(line)).decode()}:" for line in lines])


def _line_bytes(line: str) -> bytes:
    # Bytes that are not UTF-8 were read as lone surrogates.
    return line.strip(" \t").encode("utf-8", "surrogateescape")


_PLAIN_OR_FLAGGED: Mapping[str, Callable[[str, Source], str]] = {"": _field, "sf": _structured_field, "bs": _wrapped_bytes}


def _dictionary_member(name: str, key: str, source: Source) -> str:
    """Write one member of a field that is a dictionary strictly (`key`)."""
    value = _sent(source, name)
    try:
        return write_member(value, key)
    except ValueError:
        raise MalformedRequest(
            f"The field {name!a:.60} is not a dictionary with the key {key!a:.60}, or longer than {MAX_LENGTH} characters."
        ) from None
