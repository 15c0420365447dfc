"""Compares our signer and checker with `http-message-signatures`, over requests made at random.

Each round signs one request with ours or with the library, changes something in most of them, and asks both who accepts it. Ours
must accept nothing that the library refuses, and both must accept what either signed and nobody changed. Not compared is what the
profile alone says: instants, which of several signatures counts, and what must be covered.

Run: `nice python -m tests.domain.signing.rfc9421.oracle [COUNT] [SEED]`; 100,000 rounds by default.
"""

import re
import string
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from urllib.parse import quote

from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
)
from http_message_signatures.algorithms import HMAC_SHA256

from tests.domain.signing.rfc9421.plain import NOW, SECRET, TOKEN_ID, day_key, digest, is_accepted, spell
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.hosts import host_spellings
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.signer import Signer, sign

HOSTS = [
    "data.example.org",
    "Data.Example.ORG",
    "data.example.org:8443",
    "data.example.org:443",
    "data.example.org:80",
    "[::1]:8160",
]
FIELDS = ["x-sn-a", "x-sn-b", "accept"]
# Sent once: ours refuses one that has a key twice, the library takes the last.
DICTIONARIES = ["priority", "cache-control", "x-list"]
TYPES = ["application/json", "text/plain; charset=UTF-8", "application/x-www-form-urlencoded"]
FIELD_VALUES = [
    "",
    "1",
    "a=1, b=2",
    "a=1,b=2",
    "u=1 ,  i",
    "a;b=c, d",
    "max-age=60",
    " x\t",
    'a="b, c"',
    "Tue, 24 Nov 2026 09:30:00 GMT",
]
DERIVED = ["@method", "@authority", "@path", "@query", "@scheme", "@request-target", "@target-uri"]
# What RFC 3986 has in a path and a query; the library refuses anything else.
PATH = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/"
MARKS = PATH + '?"%# \\;()'


class Headers:
    """Field lines as the library takes them: names may be repeated."""

    def __init__(self, lines):
        self.lines = list(lines)

    def items(self):
        return self.lines

    def __iter__(self):
        return iter([name for name, _ in self.lines])

    def __contains__(self, name):
        return name.lower() in [key for key, _ in self.lines]

    def __setitem__(self, name, value):
        self.lines.append((name.lower(), value))

    def __delitem__(self, name):
        self.lines = [line for line in self.lines if line[0] != name.lower()]


@dataclass
class Message:
    """A request as the library takes it."""

    method: str
    url: str
    headers: Headers


class Resolver(HTTPSignatureKeyResolver):
    """Finds the key that `keyid` names, by the plain implementation."""

    def resolve_public_key(self, key_id):
        token_id, _, day = key_id.partition(":")
        if token_id != TOKEN_ID:
            return None
        return day_key(day) if day else SECRET.encode()

    resolve_private_key = resolve_public_key


class AnyParameter:
    """Holds every parameter: the profile keeps unknown ones."""

    def __contains__(self, name):
        return True


class Verifier(HTTPMessageVerifier):
    """The library's verifier, without what it thinks of instants and of unknown parameters."""

    signature_metadata_parameters = AnyParameter()

    def validate_created_and_expires(self, sig_input, max_age=None):
        pass


VERIFIER = Verifier(signature_algorithm=HMAC_SHA256, key_resolver=Resolver())
SIGNER = HTTPMessageSigner(signature_algorithm=HMAC_SHA256, key_resolver=Resolver())


def make_request(random: Random) -> SignedRequest:
    """Make an unsigned request."""
    names = [*random.choices(FIELDS, k=random.randrange(4)), *random.sample(DICTIONARIES, random.randrange(3))]
    lines = [(name, random.choice(FIELD_VALUES)) for name in names]
    body = random.randbytes(random.randrange(1, 9)) if random.random() < 0.4 else b""
    if body or random.random() < 0.1:
        lines.append(("content-type", random.choice(TYPES)))
        lines += [
            ("content-digest", value)
            for value in random.choice([[256], [512], [256, 512]])
            for value in [digest(body, f"sha{value}")]
        ]
    query = random_text(random, PATH + "?") if random.random() < 0.7 else ""
    return SignedRequest(
        method=random.choice(["GET", "HEAD", "POST", "PUT", "DELETE", "M-SEARCH"]),
        path=f"/{random_text(random, PATH)}",
        query=query,
        headers=(("host", random.choice(HOSTS)), *lines),
        body=body,
        scheme=random.choice(["http", "https"]),
        has_empty_query=not query and random.random() < 0.3,
    )


def random_text(random: Random, alphabet: str) -> str:
    pieces = [
        random.choice(alphabet) if random.random() < 0.9 else quote(random.randbytes(1)) for _ in range(random.randrange(12))
    ]
    return "".join(pieces)


def make_components(random: Random, request: SignedRequest) -> list[str]:
    """Choose what is covered, in any order: what the profile needs, and more."""
    names = sorted({name for name, _ in request.headers})
    needed = [name for name in names if name.startswith(("x-sn-", "content-"))]
    origin = [["@method", "@authority", "@path", "@query"], ["@method", "@target-uri"]][random.random() < 0.3]
    more = random.sample([*DERIVED, *names], random.randrange(3))
    components = [*dict.fromkeys([*origin, *needed, *more])]
    # The library does not compare a body with a digest that is wrapped in bytes.
    components = [f'"{name}";bs' if name[0] not in "@c" and random.random() < 0.1 else f'"{name}"' for name in components]
    for name, parameter in [
        ("priority", "sf"),
        ("cache-control", "sf"),
        ("content-digest", "sf"),
        ("x-list", 'key="a"'),
        ("priority", 'key="u";sf'),
    ]:
        if name in names and random.random() < 0.2:
            components.append(f'"{name}";{parameter}')
    random.shuffle(components)
    return components


def make_signed(random: Random) -> tuple[str, SignedRequest] | None:
    """Return who signed, and the signed request; `None` if what was chosen cannot be signed."""
    request = make_request(random)
    components = make_components(random, request)
    day = date(2026, 11, 24) - timedelta(days=random.randrange(-1, 7))
    is_direct = random.random() < 0.3
    tag = random.choice(["solarnetwork", "solarnetwork", None])
    try:
        if random.random() < 0.5:
            signer = Signer.of_secret(TOKEN_ID, SECRET) if is_direct else Signer.of_day(TOKEN_ID, SECRET, day)
            return "ours", sign(request, signer, now=NOW, components=components, tag=tag, nonce=random.choice([None, 'a"b\\']))
        message = Message(request.method, url_of(request, dict(request.headers)["host"]), Headers(request.headers))
        key_id = TOKEN_ID if is_direct else f"{TOKEN_ID}:{spell(day)}"
        include_alg = random.random() < 0.5
        SIGNER.sign(
            message, key_id=key_id, created=NOW, tag=tag, include_alg=include_alg, covered_component_ids=components, label="lib"
        )
        return "library", replace(request, headers=tuple(message.headers.lines))
    except (HTTPMessageSignaturesException, MalformedRequest):
        # A member that a field does not have, a field that is not a structured field.
        return None


def url_of(request: SignedRequest, host: str) -> str:
    return f"{request.scheme}://{host}{request.path}{f'?{request.query}' if request.has_query else ''}"


def change_request(random: Random, request: SignedRequest) -> SignedRequest:
    """Change something, of which some changes mean nothing."""
    kind = random.choice(
        ["method", "path", "query", "mark", "scheme", "body", "host", "line", "line", "line", "swap", "drop", "add"]
    )
    if kind in {"path", "query"}:
        return replace(request, **{kind: change_text(random, getattr(request, kind), PATH) or "/"})
    changes = {
        "method": {"method": random.choice(["GET", "POST", "get"])},
        "mark": {"has_empty_query": not request.has_empty_query and not request.query},
        "scheme": {"scheme": "http" if request.scheme == "https" else "https"},
        "body": {"body": random.choice([b"", b"x", request.body + b"\n"])},
    }
    if kind in changes:
        return replace(request, **changes[kind])
    lines = list(request.headers)
    at = random.randrange(len(lines))
    name, value = lines[at]
    if kind == "host":
        lines[0] = ("host", random.choice([*HOSTS, lines[0][1].upper(), lines[0][1].lower()]))
    elif kind == "line":
        lines[at] = (name, change_line(random, value))
    elif kind == "swap":
        other = random.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "drop":
        del lines[at]
    else:
        lines.insert(at, (random.choice(FIELDS), random.choice(FIELD_VALUES)))
    return replace(request, headers=tuple(lines))


def change_line(random: Random, value: str) -> str:
    kind = random.randrange(6)
    if kind == 0:
        return value.replace(", ", ",")
    if kind == 1:
        return f" {value}\t"
    if kind == 2:
        return re.sub(r";(created=[0-9]+)(;keyid=\"[^\"]*\")", r"\2;\1", value)
    if kind == 3:
        return value.replace(";created", ";x=1;created")
    if kind == 4:
        return value.replace('" "', '"  "', 1)
    return change_text(random, value, MARKS)


def change_text(random: Random, text: str, alphabet: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(["", random.choice(alphabet)]) + text[at + random.randrange(2) :]


def library_accepts(request: SignedRequest) -> bool:
    """Return whether the library accepts a request in any reading that means the same (RFC9421, "Signature base")."""
    return any(_verifies(message, request.body) for message in readings(request))


def readings(request: SignedRequest) -> Iterator[Message]:
    """Yield a request with each spelling of its host, and its fields as sent or with lines ending at each bare comma."""
    host = next((value.strip(" \t") for name, value in request.headers if name == "host"), "")
    split = [(name, line) for name, value in request.headers for line in re.split(r",(?![ \t])", value)]
    spellings = [*host_spellings(host, request.scheme), *host_spellings(host.lower(), request.scheme)]
    for spelling in dict.fromkeys(spellings):
        for lines in (request.headers, split):
            yield Message(request.method, url_of(request, spelling), Headers(lines))


def _verifies(message: Message, body: bytes) -> bool:
    try:
        return bool(VERIFIER.verify(message, max_age=None, body=body or None))
    except HTTPMessageSignaturesException:
        return False


def compare(count: int, seed: int) -> Counter[str]:
    """Compare for a number of rounds; return how many ended how.

    Raises:
        AssertionError: ours accepts what the library refuses, or one of them refuses what it or the other signed.
    """
    random = Random(seed)
    seen: Counter[str] = Counter()
    while seen.total() < count:
        signed = make_signed(random)
        if signed is None:
            continue
        signer, request = signed
        is_changed = random.random() < 0.6
        if is_changed:
            request = change_request(random, request)
        ours, library = is_accepted(request), library_accepts(request)
        if ours > library or (not is_changed and not (ours and library)):
            raise AssertionError(
                f"seed {seed}, round {seen.total()}: ours {ours}, library {library}, signed by {signer}: {request}"
            )
        outcome = "both accept" if ours else "both refuse" if not library else "ours is stricter"
        seen[f"{'changed' if is_changed else 'unchanged'}, signed by {signer}: {outcome}"] += 1
    return seen


def main(count: int = 100_000, seed: int = 1) -> None:
    """Compare, and print the figures."""
    begin = time.monotonic()
    for line, number in sorted(compare(count, seed).items()):
        sys.stdout.write(f"{number:>8,}  {line}\n")
    sys.stdout.write(f"{count:>8,}  in {time.monotonic() - begin:.0f} seconds: nothing accepted that the library refuses\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
