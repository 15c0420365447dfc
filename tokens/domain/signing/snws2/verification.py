"""Checking a request that was signed with SNWS2.

A request is read once (`read_request`) and then checked against as many secrets as there are (`Signed.matches`). What can be said
without a secret is said by `MalformedRequest`, for the signature debugger. The modules `header`, `canonical` and `digests` know
the parts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.hosts import any_scheme_spellings
from tokens.domain.signing.http_dates import parse_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2 import digests
from tokens.domain.signing.snws2.canonical import canonical_queries, canonical_requests, is_form_post
from tokens.domain.signing.snws2.header import Authorization, parse_authorization
from tokens.domain.signing.snws2.keys import KEY_DAYS, sign_string, signing_key, spell_day

_BODY_HEADERS = frozenset({"content-type", "content-md5", "digest"})


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed request, read but not yet checked against a secret.

    Attributes:
        authorization: who claims to have signed, what, and the signature.
        date: the request's date (UTC, aware). Whether it is close enough to now is for others to judge.
        canonical: the canonical request with the host as the client asked for it, and each `+` of the query as a space.
        string_to_sign: of `canonical`.
        content_sha256: behind a gateway, where the body is not at hand: the lower-case hex SHA-256 that the signed `Digest`
            states, for `X-SN-Content-SHA256`. `None` if the body was at hand or there is none.
        other_canonicals: the canonical requests with the other spellings of the host, or with a `+` as a plus sign.
    """

    authorization: Authorization
    date: datetime
    canonical: str
    string_to_sign: str
    content_sha256: str | None = None
    other_canonicals: tuple[str, ...] = field(default=(), repr=False)

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The strings to sign of `other_canonicals`; made on demand, since few requests need them."""
        return tuple([_string_to_sign(self.date, canonical) for canonical in self.other_canonicals])

    @property
    def token_id(self) -> str:
        """The identifier of the token that is said to have signed; well formed, maybe unknown."""
        return self.authorization.token_id

    @property
    def expires(self) -> None:
        """`None`: SNWS2 knows no end but the date's own."""

    @property
    def mismatch(self) -> str:
        """Which keys were tried, where none made the signature."""
        return f"No signing key of the last {KEY_DAYS} days gives this signature."

    def matches(self, secret: str) -> KeyUsed | None:
        """Check the signature against a private password (as issued), in constant time.

        Returns:
            the signing key that made the signature: of the request's own UTC day or of one of the six before; `None` if none did.

        Source: SNWS2, "Key and signature", "Checking".
        """
        day = self.date.date()
        expected = self.authorization.signature
        # Nearly every request is signed with the day's own key and the requested host: three HMACs settle it.
        if compare_digest(sign_string(signing_key(secret, day), self.string_to_sign), expected):
            return KeyUsed(day)
        # From here on the work is the same for every secret: nothing can be learned from the time that a refusal takes.
        strings = (self.string_to_sign, *self.alternatives)
        for age in range(KEY_DAYS):
            key_day = day - timedelta(days=age)
            key = signing_key(secret, key_day)
            if any(compare_digest(sign_string(key, string), expected) for string in strings):
                return KeyUsed(key_day)
        return None


def read_request(request: SignedRequest) -> Signed:
    """Read a signed request: everything that can be said about it without a secret.

    Raises:
        MalformedRequest: anything is missing, repeated, contradictory or unreadable, a digest that is not the body's included.

    Source: SNWS2, "What must be signed", "Canonical request", "Checking".
    """
    values = request.header_values("authorization")
    if len(values) != 1:
        raise MalformedRequest(f"The request has {len(values)} Authorization headers instead of one.")
    return read_authorized(request, parse_authorization(values[0]))


def read_authorized(request: SignedRequest, authorization: Authorization) -> Signed:
    """Read a request whose `Authorization` header has been read. Raises like `read_request`."""
    names = authorization.signed_headers
    headers = _read_headers(request, names)
    is_form = is_form_post(request.method, headers.get("content-type", ""))
    body_sha256, content_sha256 = _hash_body(request, headers, is_form=is_form)
    on = parse_http_date(headers["x-sn-date" if "x-sn-date" in headers else "date"].strip(" \t"))
    canonical, *others = canonical_requests(
        method=request.method,
        path=request.path,
        queries=canonical_queries(request.query, (request.body or b"") if is_form else b""),
        hosts=request.hosts or any_scheme_spellings(headers["host"].strip(" \t")),
        names=names,
        headers=headers,
        body_sha256=body_sha256,
    )
    return Signed(authorization, on, canonical, _string_to_sign(on, canonical), content_sha256, tuple(others))


def _read_headers(request: SignedRequest, names: tuple[str, ...]) -> dict[str, str]:
    """Return the request's headers, after checking what must be signed, and that each signed header was sent once."""
    headers = dict(request.headers)
    if request.hosts:
        headers.setdefault("host", request.hosts[0])
    if "x-sn-date" not in headers and "date" not in headers:
        raise MalformedRequest("The request has neither an X-SN-Date nor a Date header.")
    signed = frozenset(names)
    if unsigned := names_to_sign(headers) - signed:
        raise MalformedRequest(f"SignedHeaders must name {', '.join(sorted(unsigned))!r:.200} as well.")
    if lacking := signed - headers.keys():
        raise MalformedRequest(f"The request lacks the signed header {min(lacking)!r:.60}.")
    if len(headers) < len(request.headers):
        _refuse_repeated(request, names)
    return headers


def _refuse_repeated(request: SignedRequest, names: tuple[str, ...]) -> None:
    for name in names:
        if len(request.header_values(name)) > 1:
            raise MalformedRequest(f"The signed header {name!r:.60} was sent more than once.")


def names_to_sign(headers: Mapping[str, str]) -> set[str]:
    """Return the names of the headers that must be signed (SNWS2, "What must be signed")."""
    # Signed or rejected: an unsigned header could be added on the way and change what the request means.
    names = {name for name in headers if name[:5] == "x-sn-" or name in _BODY_HEADERS}
    names.add("host")
    if "x-sn-date" not in headers:
        names.add("date")
    return names


def _hash_body(request: SignedRequest, headers: Mapping[str, str], *, is_form: bool) -> tuple[str, str | None]:
    """Return the hash for the canonical request, and the hash that stands for a body which is not at hand."""
    body = request.body
    if body is None:
        if is_form and request.has_body:
            raise MalformedRequest("A form's parameters are signed, but behind a gateway they cannot be seen. Send JSON.")
        stated = None if is_form else digests.find_sha256(headers)
        if stated is not None:
            return stated, stated
        if request.has_body:
            raise MalformedRequest("Behind a gateway a request with a body needs a signed 'Digest: sha-256='.")
        body = b""
    digests.verify_body(headers, body)
    if is_form or not body:
        return digests.EMPTY_SHA256, None
    return sha256(body).hexdigest(), None


def _string_to_sign(on: datetime, canonical: str) -> str:
    digest = sha256(canonical.encode()).hexdigest()
    return f"SNWS2-HMAC-SHA256\n{spell_day(on)}T{on.isoformat()[11:19].replace(':', '')}Z\n{digest}"
