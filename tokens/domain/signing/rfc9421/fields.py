"""The fields `Signature-Input` and `Signature`, read strictly, and the signature among them that counts.

They are structured fields (RFC 8941), whose grammar is regular: it stands here as regular expressions. A general parser costs
several times as much, and the signature covers the bytes that were sent, not what a parser makes of them
(docs/decisions/structured-fields.md). A member or parameter that is named twice is refused; RFC 8941 would take the last.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.rfc9421.covering import TAG

# Of both fields together.
MAX_FIELDS_LENGTH = 8 * 1024
MAX_SIGNATURES = 8

# RFC 8941, section 3. Possessive where it repeats, so that no input makes it go back.
_KEY = r"[a-z*][a-z0-9_.*-]*+"
_STRING = r'"(?:[ !#-\[\]-~]|\\["\\])*+"'
_NUMBER = r"-?[0-9]{1,12}\.[0-9]{1,3}|-?[0-9]{1,15}"
_TOKEN = r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*+"  # noqa: S105
_BYTES = r":(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?:"
_BARE_ITEM = rf"(?:{_STRING}|{_NUMBER}|{_TOKEN}|{_BYTES}|\?[01])"
_PARAMETERS = rf"(?:; *+{_KEY}(?:={_BARE_ITEM})?+)*+"
_ITEM = rf"{_BARE_ITEM}{_PARAMETERS}"
_INNER_LIST = rf"\( *+(?P<items>(?:{_ITEM}(?: ++{_ITEM})*+)?+) *+\)(?P<parameters>{_PARAMETERS})"
_END = r"[ \t]*+(?:(?P<comma>,)[ \t]*+|\Z)"

_INNER_LIST_MEMBER = re.compile(rf"(?P<key>{_KEY})=(?P<value>{_INNER_LIST}){_END}")
_BYTES_MEMBER = re.compile(rf"(?P<key>{_KEY})=(?P<value>{_BYTES}){_PARAMETERS}{_END}")
_ITEMS = re.compile(rf"({_BARE_ITEM})({_PARAMETERS})")
_PARAMETER = re.compile(rf"; *+({_KEY})(?:=({_BARE_ITEM}))?+")
_ESCAPED = re.compile(r'\\(["\\])')
_INTEGER = re.compile(r"-?[0-9]{1,15}").fullmatch


class SignatureFields(NamedTuple):
    """The signature that counts.

    Attributes:
        inner_list: what `Signature-Input` says of it, byte for byte as sent: the value of `"@signature-params"`.
        items: what stands between the parentheses: the covered components.
        parameters: by name, as sent (`read_text`, `read_integer`); "" for one without a value.
        signature: a byte sequence, in base64 between colons.
    """

    inner_list: str
    items: str
    parameters: Mapping[str, str]
    signature: str


def read_fields(signature_input: str, signature: str) -> SignatureFields:
    """Read both fields and choose the signature that counts: the one tagged `solarnetwork`, or the only one.

    Args:
        signature_input: the value of `Signature-Input`; several lines joined by commas.
        signature: the value of `Signature`, in the same way.

    Raises:
        MalformedRequest: a field is missing, too long or unreadable; the labels differ; no signature can be chosen.

    Source: RFC 9421, section 4; RFC9421, "Detecting".
    """
    if len(signature_input) + len(signature) > MAX_FIELDS_LENGTH:
        raise MalformedRequest(f"Signature-Input and Signature together are longer than {MAX_FIELDS_LENGTH} characters.")
    inputs = _read_members("Signature-Input", _INNER_LIST_MEMBER, signature_input)
    signatures = _read_members("Signature", _BYTES_MEMBER, signature)
    if len(inputs) > MAX_SIGNATURES:
        raise MalformedRequest(f"There are more than {MAX_SIGNATURES} signatures.")
    if inputs.keys() != signatures.keys():
        raise MalformedRequest("Signature-Input and Signature do not have the same labels.")
    label, parameters = _choose(inputs)
    chosen = inputs[label]
    return SignatureFields(chosen["value"], chosen["items"], parameters, signatures[label]["value"])


def read_byte_sequences(field: str, value: str) -> dict[str, str]:
    """Read a dictionary of byte sequences: base64 by key, without the colons; several lines joined by commas.

    Raises:
        MalformedRequest: it is anything else.
    """
    return {key: member["value"][1:-1] for key, member in _read_members(field, _BYTES_MEMBER, value).items()}


def read_items(items: str) -> list[tuple[str, str, Mapping[str, str]]]:
    """Return each item of an inner list as sent, alone and with its parameters, and the parameters read.

    Args:
        items: well formed, as `SignatureFields.items` is.

    Raises:
        MalformedRequest: an item has a parameter twice.
    """
    return [(item, f"{item}{parameters}", read_parameters(parameters)) for item, parameters in _ITEMS.findall(items)]


def read_parameters(text: str) -> dict[str, str]:
    """Read well-formed parameters, `;created=1;tag="x"`: the value as sent by name, "" for one without a value.

    Raises:
        MalformedRequest: one is named twice.
    """
    pairs = _PARAMETER.findall(text)
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise MalformedRequest(f"A parameter is named twice in {text!a:.80}.")
    return parameters


def read_text(parameters: Mapping[str, str], name: str) -> str | None:
    """Return a parameter that is a string, unescaped; `None` if it is not there.

    Raises:
        MalformedRequest: it is not a string.
    """
    value = parameters.get(name)
    if value is None:
        return None
    if value[:1] != '"':
        raise MalformedRequest(f"The parameter {name} must be a quoted string.")
    return _ESCAPED.sub(r"\1", value[1:-1]) if "\\" in value else value[1:-1]


def read_integer(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter that is an integer; `None` if it is not there.

    Raises:
        MalformedRequest: it is not an integer.
    """
    value = parameters.get(name)
    if value is None:
        return None
    if not _INTEGER(value):
        raise MalformedRequest(f"The parameter {name} must be an integer, without quotes.")
    return int(value)


def _read_members(field: str, pattern: re.Pattern[str], value: str) -> dict[str, re.Match[str]]:
    """Read a dictionary whose members all have the form of a pattern."""
    value = value.strip(" \t")
    members: dict[str, re.Match[str]] = {}
    at = 0
    while True:
        found = pattern.match(value, at)
        if found is None:
            raise MalformedRequest(
                f"{field} cannot be read from {value[at:]!a:.60} on." if value else f"There is no {field} field."
            )
        if found["key"] in members:
            raise MalformedRequest(f"{field} has the label {found['key']!a:.60} twice.")
        members[found["key"]] = found
        at = found.end()
        if not found["comma"]:
            return members


def _choose(inputs: Mapping[str, re.Match[str]]) -> tuple[str, dict[str, str]]:
    """Return the label and the parameters of the signature that counts."""
    parameters = {label: read_parameters(member["parameters"]) for label, member in inputs.items()}
    tagged = [label for label, named in parameters.items() if read_text(named, "tag") == TAG]
    if len(tagged) > 1:
        raise MalformedRequest(f'{len(tagged)} signatures have the tag "{TAG}"; only one may.')
    if not tagged and len(inputs) > 1:
        raise MalformedRequest(f'There are {len(inputs)} signatures, and none has the tag "{TAG}".')
    label = tagged[0] if tagged else next(iter(inputs))
    return label, parameters[label]
