"""Reads a request with an HTTP message signature leniently: what can still be compared, and what its fields get wrong."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from tokens.domain.diagnosis.drafts import Draft, Line, Mistake
from tokens.domain.diagnosis.suspecting.bodies import find_digest_mistake
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.hosts import all_origins
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.components import MAX_COMPONENTS, Source, compile_components, read_source
from tokens.domain.signing.rfc9421.covering import TAG, names_to_cover
from tokens.domain.signing.rfc9421.fields import MAX_FIELDS_LENGTH, read_fields
from tokens.domain.signing.rfc9421.verification import read_parameters, read_request

PARAMETERS = "@signature-params"
_MEMBER = re.compile(r"([A-Za-z*][\w.*-]*+)\s*+=\s*+(\([^()]*+\)(?:[^,\"]|\"(?:[^\"\\]|\\.)*\")*)").findall
_ITEM = re.compile(r"\"((?:[^\"\\]|\\.)*)\"((?:;[^\s\"]*(?:\"(?:[^\"\\]|\\.)*\")?)*)").findall
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s]*))").findall
_SIGNATURE = re.compile(r"=\s*:?\"?([A-Za-z0-9+/_-]+={0,2})\"?:?").search
_DAY = re.compile(r"[0-9]{8}").fullmatch


@dataclass(frozen=True, slots=True)
class Reading:
    """A request with a message signature, as far as it can be read.

    Attributes:
        token_id, key_day: whom and which day `keyid` names; "" and `None` if it names none.
        is_derived: whether `keyid` says that the key is one of a day.
        signature: 32 raw bytes, `None` if it cannot be read as such.
        date: `created` (UTC), `None` if it cannot be read.
        accepted: the signature bases that the portal takes for signed; the first is that of the request as it was sent.
        inner_list: the value of `"@signature-params"`.
        mistakes: what the fields get wrong.
    """

    token_id: str
    key_day: date | None
    is_derived: bool
    signature: bytes | None
    date: datetime | None
    accepted: tuple[Draft, ...]
    inner_list: str
    mistakes: tuple[Mistake, ...]
    fields: Mapping[str, str] = field(repr=False, default_factory=dict)


def spell_line(role: str, value: str) -> str:
    """Return a line of the signature base."""
    name, semicolon, parameters = role.partition(";")
    return f'"{name}"{semicolon}{parameters}: {value}'


def read_leniently(request: SignedRequest) -> Reading | None:
    """Read what a message signature says, whatever is wrong with it; `None` if there is no `Signature-Input`."""
    if not request.header_values("signature-input"):
        return None
    fields = {name: ", ".join(request.header_values(name)) for name in ("signature-input", "signature")}
    label, inner_list = _choose_member(fields["signature-input"][:MAX_FIELDS_LENGTH])
    parameters = {name: quoted or bare for name, quoted, bare in _PARAMETER(inner_list.partition(")")[2])}
    token_id, colon, day = parameters.get("keyid", "").partition(":")
    signature, wrong_signature = _read_signature(fields["signature"], label)
    accepted, wrong_components = _drafts(request, inner_list)
    sent = {name: value.strip(" \t") for name, value in request.headers}
    mistakes = (*wrong_components, *wrong_signature, *_find_mistakes(request, fields, sent))
    return Reading(
        token_id=token_id,
        key_day=_read_day(day),
        is_derived=bool(colon),
        signature=signature,
        date=_read_created(parameters.get("created", "")),
        accepted=accepted,
        inner_list=inner_list,
        mistakes=tuple(dict.fromkeys(mistakes)) or _find_strict_mistake(request),
        fields=sent,
    )


def _choose_member(text: str) -> tuple[str, str]:
    """Return label and inner list of the signature that counts: the tagged one, or else the first."""
    members: Sequence[tuple[str, str]] = [(label, value.strip()) for label, value in _MEMBER(text)]
    tagged = [member for member in members if f'tag="{TAG}"' in member[1]]
    return (tagged or members or [("", "()")])[0]


def _read_signature(text: str, label: str) -> tuple[bytes | None, tuple[Mistake, ...]]:
    """Read a signature in base64, or in hex, with or without its colons."""
    found = _SIGNATURE(text, text.find(f"{label}=")) if label and f"{label}=" in text else None
    if found is None:
        return None, (Mistake("Signature", "The Signature field has no signature under the label of Signature-Input."),)
    spelled = found[1]
    if re.fullmatch(r"[0-9A-Fa-f]{64}", spelled):
        advice = "The signature is in hex, as in SNWS2. Here it is base64 between colons: sn=:…:"
        return bytes.fromhex(spelled), (Mistake("Signature", advice),)
    raw = _decode(spelled)
    if len(raw) != 32:
        return None, (Mistake("Signature", "The signature is not 32 bytes in base64, so it cannot be compared. Copy it whole."),)
    is_right = f"=:{spelled}:" in text and not set("-_") & set(spelled)
    advice = "The signature must be a byte sequence: plain base64 between colons, sn=:…:"
    return raw, () if is_right else (Mistake("Signature", advice),)


def _decode(text: str) -> bytes:
    try:
        plain = text.replace("-", "+").replace("_", "/").rstrip("=")
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        return b""


def _read_created(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text[:15]), UTC) if text.isascii() and text.isdigit() else None
    except (ValueError, OverflowError, OSError):
        return None


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY(text) else None
    except ValueError:
        return None


def _drafts(request: SignedRequest, inner_list: str) -> tuple[tuple[Draft, ...], list[Mistake]]:
    """Return the signature bases, one for each reading of the request, and what cannot be covered."""
    try:
        source = read_source(request)
    except MalformedRequest as error:
        return (Draft((Line(PARAMETERS, spell_line(PARAMETERS, inner_list)),)),), [Mistake("Host", str(error))]
    mistakes: list[Mistake] = []
    items = _ITEM(inner_list.partition(")")[0])[:MAX_COMPONENTS]
    sources = [
        source,
        *(
            source._replace(origin=origin, spaces_commas=spaces)
            for origin in all_origins(source.host, request.scheme)
            for spaces in (False, True)
        ),
    ]
    drafts = [_draft(one, items, inner_list, mistakes) for one in sources]
    return tuple(dict.fromkeys(drafts)), mistakes


def _draft(source: Source, items: Sequence[tuple[str, str]], inner_list: str, mistakes: list[Mistake]) -> Draft:
    lines = []
    for name, parameters in items:
        role = f"{name}{parameters}"
        try:
            (component,) = compile_components(f'"{name}"{parameters}').components
            lines.append(Line(role, f"{component.prefix}{component.read(source)}"))
        except (MalformedRequest, ValueError) as error:
            mistakes.append(Mistake("Missing header" if "not sent" in str(error) else "Covered components", str(error)))
            lines.append(Line(role, spell_line(role, "")))
    lines.append(Line(PARAMETERS, spell_line(PARAMETERS, inner_list)))
    return Draft(tuple(lines))


def _find_mistakes(request: SignedRequest, fields: Mapping[str, str], sent: Mapping[str, str]) -> list[Mistake]:
    """Return what the strict readers refuse, each in its own words."""
    mistakes = []
    if request.has_content and "content-digest" not in sent:
        old = "The Digest header does not count here: send" if "digest" in sent else "Send"
        mistakes.append(Mistake("Digest", f"{old} Content-Digest: sha-256=:…: (base64 between colons), and cover it."))
    digest = find_digest_mistake(sent, request.body)
    if digest:
        mistakes.append(digest)
    try:
        read = read_fields(fields["signature-input"], fields["signature"])
    except MalformedRequest as error:
        return [*mistakes, Mistake("Signature fields", str(error))]
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("Parameters", lambda: read_parameters(read.parameters)),
        ("Covered components", lambda: compile_components(read.items)),
    )
    for name, check in checks:
        try:
            check()
        except MalformedRequest as error:
            mistakes.append(Mistake(name, str(error)))
    return [*mistakes, *_find_uncovered(request, read.items)]


def _find_uncovered(request: SignedRequest, items: str) -> list[Mistake]:
    covered = {name for name, parameters in _ITEM(items) if not parameters}
    inside = {"@authority", "@path", "@query"} if "@target-uri" in covered else set()
    missing = [name for name in names_to_cover(request) if name not in covered and name not in inside]
    advice = f"The signature must also cover {', '.join(missing[:8])}. Add it to Signature-Input, and to what is signed."
    return [Mistake("Missing component", advice)] if missing else []


def _find_strict_mistake(request: SignedRequest) -> tuple[Mistake, ...]:
    """Return what the strict reader refuses where nothing else is wrong."""
    try:
        read_request(request)
    except MalformedRequest as error:
        return (Mistake("Signature fields", str(error)),)
    return ()
