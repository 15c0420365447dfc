"""The `Authorization` header of SNWS2, read strictly (SNWS2, "The header")."""

import re
from typing import NamedTuple

from tokens.domain.errors import MalformedRequest
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH

NAME = "SNWS2"
MAX_HEADER_LENGTH = 8 * 1024

_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9a-z-]+"
_TEXTS = {
    "Credential": rf"[!-+\--~]{{1,{MAX_TOKEN_ID_LENGTH}}}",
    "SignedHeaders": rf"{_HEADER_NAME}(?:;{_HEADER_NAME})*",
    "Signature": r"[0-9a-f]{64}",
}
_PARTS = {name: re.compile(text).fullmatch for name, text in _TEXTS.items()}
# The order in which clients write the parts.
_USUAL = re.compile(f"{NAME} " + ",".join(f"{name}=(?P<{name}>{text})" for name, text in _TEXTS.items())).fullmatch


class Authorization(NamedTuple):
    """An `Authorization` header, read.

    Attributes:
        token_id: the token identifier; well formed, maybe unknown.
        signed_headers: lower-case names, sorted, each once.
        signature: 64 lower-case hex digits.
    """

    token_id: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(value: str) -> Authorization:
    """Read the value of an `Authorization` header, strictly: no white space but the one after the scheme's name.

    Raises:
        MalformedRequest: saying which part is missing, unknown, repeated or wrong.

    Source: SNWS2, "The header".
    """
    if len(value) > MAX_HEADER_LENGTH:
        raise MalformedRequest(f"The Authorization header is longer than {MAX_HEADER_LENGTH} characters.")
    usual = _USUAL(value)
    parts = usual.groupdict() if usual else _read_parts(value)
    names = sorted(parts["SignedHeaders"].split(";"))
    if len(set(names)) < len(names):
        raise MalformedRequest("The Authorization header's SignedHeaders names a header twice.")
    return Authorization(parts["Credential"], tuple(names), parts["Signature"])


def _read_parts(value: str) -> dict[str, str]:
    """Read the parts one by one, whatever their order, and say what is wrong with them."""
    scheme, _, rest = value.partition(" ")
    if scheme != NAME:
        raise MalformedRequest(f"The Authorization header is not of the scheme {NAME}.")
    parts: dict[str, str] = {}
    for part in rest.split(","):
        name, _, text = part.partition("=")
        is_valid = _PARTS.get(name)
        if is_valid is None:
            raise MalformedRequest(f"The Authorization header has a part {part!r:.60}; expected are {', '.join(_PARTS)}.")
        if name in parts:
            raise MalformedRequest(f"The Authorization header has the part {name} twice.")
        if not is_valid(text):
            raise MalformedRequest(f"The Authorization header's {name} is not valid: {text!r:.80}.")
        parts[name] = text
    if len(parts) < len(_PARTS):
        raise MalformedRequest(f"The Authorization header lacks {', '.join(_PARTS.keys() - parts.keys())}.")
    return parts
