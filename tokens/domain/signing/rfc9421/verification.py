"""Checking a request that carries an HTTP message signature.

A request is read once (`read_request`) and then checked against as many secrets as there are (`Signed.matches`). What can be said
without a secret is said by `MalformedRequest`, to the sender too: it speaks only of what the request holds. The modules `fields`,
`covering`, `components` and `content` know the parts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.hosts import all_origins
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.components import (
    MAX_BASE_LENGTH,
    Covered,
    Source,
    compile_components,
    read_source,
    signature_base,
)
from tokens.domain.signing.rfc9421.content import verify_content
from tokens.domain.signing.rfc9421.covering import verify_covering
from tokens.domain.signing.rfc9421.fields import read_fields, read_integer, read_text
from tokens.domain.signing.rfc9421.keys import KEY_DAYS, KEY_DAYS_AHEAD, KeyId, parse_key_id, sign_base

ALGORITHM = "hmac-sha256"

_HMAC_SHA256 = re.compile(r":[A-Za-z0-9+/]{43}=:").fullmatch
# What `datetime` can hold. Earlier instants would be before the first day of a key.
_LAST_SECOND = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


class Parameters(NamedTuple):
    """The parameters of a signature: which key, when made (UTC), and until when it is to be accepted, if it says so."""

    key_id: KeyId
    created: datetime
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed request, read but not yet checked against a secret.

    Attributes:
        parameters: which key is said to have signed, and when.
        canonical: the signature base.
        signature: a byte sequence: base64 between colons.
        content_sha256: behind a gateway, where the body is not at hand: the lower-case hex SHA-256 that the covered
            `Content-Digest` states, for `X-SN-Content-SHA256`. `None` if the body was at hand or there is none.
        source: what `canonical` was made of, as are the other readings of the request.
        covered: the covered components.
        inner_list: the value of `"@signature-params"`.
    """

    parameters: Parameters
    canonical: str
    signature: str
    content_sha256: str | None
    source: Source = field(repr=False)
    covered: Covered = field(repr=False)
    inner_list: str = field(repr=False)

    @property
    def token_id(self) -> str:
        """The identifier of the token that is said to have signed; well formed, maybe unknown."""
        return self.parameters.key_id.token_id

    @property
    def date(self) -> datetime:
        """When the signature was made, as it says (UTC)."""
        return self.parameters.created

    @property
    def expires(self) -> datetime | None:
        """The last instant (UTC) at which the signature is to be accepted; `None` if it names none."""
        return self.parameters.expires

    @property
    def string_to_sign(self) -> str:
        """The signature base: here nothing else is signed."""
        return self.canonical

    @property
    def mismatch(self) -> str:
        """Which key was tried, where it did not make the signature."""
        if self.parameters.key_id.day is None:
            return "The private password itself, which keyid names as the key, does not give this signature."
        return f"The signing key of {self.parameters.key_id.day} (SNWS3), which keyid names, does not give this signature."

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The signature bases of the other readings of the request; made on demand, since few requests need them.

        Where the edge does not know the client's scheme, either may have been signed, and `@target-uri` may spell the default
        port. A server joins the lines of a field by a comma without the blank that was signed.
        """
        sources = [
            self.source._replace(origin=origin, spaces_commas=spaces_commas)
            for origin in all_origins(self.source.host, self.source.request.scheme)
            for spaces_commas in (False, True)
        ]
        bases = dict.fromkeys(signature_base(source, self.covered, self.inner_list, first=self.canonical) for source in sources)
        return tuple(base for base in bases if base != self.canonical)

    def matches(self, secret: str) -> KeyUsed | None:
        """Check the signature against a private password (as issued), in constant time.

        Returns:
            the key that `keyid` names if it made the signature, `None` if not.

        Source: RFC9421, "Keys".
        """
        key_id = self.parameters.key_id
        key = key_id.derive(secret)
        if compare_digest(sign_base(key, self.canonical), self.signature):
            return key_id.used
        # From here on the work is the same for every secret: nothing can be learned from the time that a refusal takes.
        found = [compare_digest(sign_base(key, base), self.signature) for base in self.alternatives]
        return key_id.used if any(found) else None


def read_request(request: SignedRequest) -> Signed:
    """Read a signed request: everything that can be said about it without a secret.

    Raises:
        MalformedRequest: anything is missing, repeated, contradictory or unreadable, a digest that is not the body's included.
            The text is visible ASCII.

    Source: RFC9421, "Parameters", "Covered components", "Content".
    """
    source = read_source(request)
    values = source.fields
    fields = read_fields(values.get("signature-input", ""), values.get("signature", ""))
    if not _HMAC_SHA256(fields.signature):
        raise MalformedRequest("The signature is not 32 bytes in base64, between colons.")
    parameters = read_parameters(fields.parameters)
    covered = compile_components(fields.items)
    verify_covering(request, covered.whole)
    is_covered = "content-digest" in covered.whole
    content_sha256 = verify_content(request, values.get("content-digest"), is_covered=is_covered)
    base = signature_base(source, covered, fields.inner_list)
    if len(base) > MAX_BASE_LENGTH:
        raise MalformedRequest(f"The covered components are longer than {MAX_BASE_LENGTH} characters.")
    return Signed(parameters, base, fields.signature, content_sha256, source, covered, fields.inner_list)


def read_parameters(parameters: Mapping[str, str]) -> Parameters:
    """Read the parameters of a signature.

    Raises:
        MalformedRequest: one is missing, of the wrong type or out of its range.

    Source: RFC9421, "Parameters".
    """
    created = _read_instant(parameters, "created")
    expires = _read_instant(parameters, "expires")
    key_id = read_text(parameters, "keyid")
    if created is None or key_id is None:
        raise MalformedRequest("The signature needs the parameters created and keyid.")
    if expires is not None and expires < created:
        raise MalformedRequest("The parameter expires is before created.")
    if (algorithm := read_text(parameters, "alg")) not in {None, ALGORITHM}:
        raise MalformedRequest(f"The algorithm must be {ALGORITHM}, not {algorithm!a:.40}.")
    read_text(parameters, "nonce")
    key = parse_key_id(key_id)
    if key.day is not None and not timedelta(-KEY_DAYS_AHEAD) <= created.date() - key.day < timedelta(KEY_DAYS):
        raise MalformedRequest(
            f"The key's day must be at most {KEY_DAYS - 1} days before and {KEY_DAYS_AHEAD} after the UTC day of created."
        )
    return Parameters(key, created, expires)


def _read_instant(parameters: Mapping[str, str], name: str) -> datetime | None:
    seconds = read_integer(parameters, name)
    if seconds is None:
        return None
    if not 0 <= seconds <= _LAST_SECOND:
        raise MalformedRequest(f"The parameter {name} is not a number of seconds since 1970.")
    return datetime.fromtimestamp(seconds, UTC)
