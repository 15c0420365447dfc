"""What clients of HTTP message signatures sign by mistake, as changes of the signature base."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, permutations
from urllib.parse import quote, unquote, unquote_plus

from tokens.domain.diagnosis.drafts import (
    Draft,
    Line,
    Mistake,
    Suspect,
    fields_suspect,
    line_suspect,
    lines_suspect,
    missing_suspect,
)
from tokens.domain.diagnosis.rfc9421.reading import PARAMETERS, Reading, spell_line
from tokens.domain.diagnosis.suspecting.encodings import lower_hex, path_spellings, query_orders
from tokens.domain.diagnosis.suspecting.texts import content_types, host_suspects, method_suspects, newline_suspects
from tokens.domain.signing.requests import SignedRequest

_PARAMETER = re.compile(r";\s*[\w*-]+(?:=(?:\"(?:[^\"\\]|\\.)*\"|[^;\s\"]*))?")
_MAX_ORDERS = 120


def find_suspects(request: SignedRequest, reading: Reading, hosts: Sequence[str]) -> tuple[Suspect, ...]:
    """Return what the client may have done, the likeliest first.

    Args:
        request: as pasted.
        reading: of the request.
        hosts: other hosts that the client may have signed.
    """
    draft = reading.accepted[0]
    return (
        *_query_suspects(request),
        *host_suspects(draft, "@authority", hosts, prefix=spell_line("@authority", "")),
        *method_suspects(request.method, "@method", prefix=spell_line("@method", "")),
        *_path_suspects(request),
        *_target_suspects(request, draft, hosts),
        *_field_suspects(reading),
        *_parameter_suspects(reading),
        *_form_suspects(draft),
        *newline_suspects(),
        *_outer_suspects(),
    )


def _query_suspects(request: SignedRequest) -> Iterator[Suspect]:
    query = request.query
    anew = Mistake("Percent-encoding", "The query is encoded differently than it was sent. Sign it as on the request line.")
    order = Mistake("Order", "The parameters are signed in another order. Sign the query as on the request line, not sorted.")
    decoded = Mistake("Percent-encoding", "The query was decoded before signing. Sign it as on the request line.")
    mark = Mistake("Query", "The query is signed without its “?”, which is part of it.")
    nothing = Mistake("Query", "The query is left out of what is signed.")
    texts: list[tuple[str, tuple[Mistake, ...]]] = [(query, ())]
    texts += [(text, (decoded,)) for text in (unquote(query), unquote_plus(query))]
    texts += [(text, (order,)) for text in query_orders(query)]
    texts += [(text, (anew,)) for text in _encoded_anew(query)]
    texts += [(text, (anew, order)) for ordered in query_orders(query) for text in _encoded_anew(ordered)]
    for text, mistakes in texts:
        if mistakes and text != query:
            yield line_suspect("@query", spell_line("@query", f"?{text}"), *mistakes)
        yield line_suspect("@query", spell_line("@query", text), mark, *mistakes)
    yield line_suspect("@query", spell_line("@query", ""), nothing)
    yield line_suspect("@query", spell_line("@query", "?"), nothing)


def _encoded_anew(query: str) -> Iterator[str]:
    yield lower_hex(query)
    yield query.replace("%20", "+")
    yield query.replace("+", "%20")
    pairs = [pair.partition("=") for pair in query.split("&")]
    for safe in ("", "/", "*", "/*", "!'()*", "!'()*;/?:@,$"):
        encoded = [
            (quote(unquote_plus(name), safe=safe), equals, quote(unquote_plus(value), safe=safe)) for name, equals, value in pairs
        ]
        yield "&".join("".join(pair) for pair in encoded)


def _path_suspects(request: SignedRequest) -> Iterator[Suspect]:
    for text, mistakes in path_spellings(request.path):
        yield line_suspect("@path", spell_line("@path", text), *mistakes)
    if request.query:
        advice = "@path is the path alone; the query is a component of its own."
        yield line_suspect("@path", spell_line("@path", f"{request.path}?{request.query}"), Mistake("Path", advice))


def _target_suspects(request: SignedRequest, draft: Draft, hosts: Sequence[str]) -> Iterator[Suspect]:
    line = draft.find("@target-uri")
    if line is None:
        return
    uri = line.removeprefix(spell_line("@target-uri", ""))
    scheme, _, rest = uri.partition("://")
    host, target = rest[: rest.find("/")], rest[rest.find("/") :]
    other = "http" if scheme == "https" else "https"
    proxy = f"“{other}” was signed, but the request came over {scheme}. Behind a proxy the client's counts (X-Forwarded-Proto)."
    whole = "@target-uri is the whole address: scheme, host, path and query, as sent."
    path = target.partition("?")[0]
    yield line_suspect("@target-uri", spell_line("@target-uri", f"{other}://{rest}"), Mistake("Scheme", proxy))
    for text in (target, path, f"{scheme}://{host}{path}", f"{scheme}://{host}{unquote(target)}", host + target):
        if text != uri:
            yield line_suspect("@target-uri", spell_line("@target-uri", text), Mistake("Target URI", whole))
    for suspect in host_suspects(Draft((Line("host", host),)), "host", hosts):
        changed = suspect.change(Draft((Line("host", host),))).find("host") or ""
        for one in (scheme, other):
            yield line_suspect(
                "@target-uri", spell_line("@target-uri", f"{one}://{changed}{target}"), *suspect.mistakes, pairs=False
            )


def _field_suspects(reading: Reading) -> Iterator[Suspect]:
    draft = reading.accepted[0]
    for line in draft.lines[:-1]:
        mistake = Mistake(
            "Missing line", f"{line.role} is named in Signature-Input, but its line is missing from what is signed."
        )
        yield missing_suspect(line.role, mistake)
    if draft.find("content-type") is not None:
        advice = (
            "The Content-Type that was sent is not the one that was signed: the HTTP library changes it. Set it yourself, whole."
        )
        for value in content_types(reading.fields.get("content-type", "")):
            yield line_suspect("content-type", spell_line("content-type", value), Mistake("Content-Type", advice))
    for line in draft.lines[:-1]:
        if ", " in line.text:
            advice = "The lines of a field must be joined by a comma and a space."
            yield line_suspect(line.role, line.text.replace(", ", ","), Mistake("Whitespace", advice))


def _parameter_suspects(reading: Reading) -> Iterator[Suspect]:
    inner_list = reading.inner_list
    items, bracket, text = inner_list.partition(")")
    parameters = _PARAMETER.findall(text)
    exactly = "The line “@signature-params” must have the value of Signature-Input byte for byte, without the label."
    order = Mistake("Order", f"The parameters are signed in another order than they are sent. {exactly}")
    missing = Mistake("Missing parameter", f"A parameter that is sent is missing from what is signed. {exactly}")
    other = Mistake("Signature parameters", exactly)
    for count in range(len(parameters)):
        left = "".join(parameters[:count] + parameters[count + 1 :])
        yield line_suspect(PARAMETERS, spell_line(PARAMETERS, f"{items}{bracket}{left}"), missing)
    for text in (f"{items}{bracket}", f"sn={inner_list}", inner_list.replace(";", "; "), inner_list.replace("; ", ";")):
        yield line_suspect(PARAMETERS, spell_line(PARAMETERS, text), other)
    yield line_suspect(PARAMETERS, spell_line(PARAMETERS, f'{inner_list};alg="hmac-sha256"'), other)
    yield line_suspect(PARAMETERS, spell_line(PARAMETERS, re.sub(r';alg="[^"]*"', "", inner_list)), other)
    yield line_suspect(PARAMETERS, f"@signature-params: {inner_list}", other)
    yield missing_suspect(
        PARAMETERS, Mistake("Missing line", "The last line, “@signature-params”, is missing from what is signed.")
    )
    for ordered in islice(permutations(parameters), 1, _MAX_ORDERS):
        yield line_suspect(PARAMETERS, spell_line(PARAMETERS, f"{items}{bracket}{''.join(ordered)}"), order, pairs=False)


def _form_suspects(draft: Draft) -> Iterator[Suspect]:
    """Yield other forms of all lines."""
    quotes = Mistake("Component names", 'The names of the components lack their quotes. A line is “"name": value”.')
    blank = Mistake("Component names", 'The space after the colon is missing. A line is “"name": value”.')
    case = Mistake("Component names", "The names of the fields must be in lower case.")
    order = Mistake("Order", "The lines are not in the order in which Signature-Input names the components.")
    bare = _with_lines(draft, lambda text: re.sub(r'^"([^"]*)"', r"\1", text))
    yield lines_suspect(quotes, bare)
    yield lines_suspect(quotes, (*bare[:-1], draft.lines[-1]))
    yield lines_suspect(blank, _with_lines(draft, lambda text: text.replace('": ', '":', 1)))
    yield lines_suspect(case, _with_lines(draft, lambda text: re.sub(r'^"([a-z-]+)"', lambda name: name[0].title(), text)))
    for ordered in (sorted(draft.lines[:-1]), draft.lines[-2::-1]):
        if tuple(ordered) != draft.lines[:-1]:
            yield lines_suspect(order, (*ordered, draft.lines[-1]))


def _with_lines(draft: Draft, write: Callable[[str], str]) -> tuple[Line, ...]:
    return tuple(Line(line.role, write(line.text)) for line in draft.lines)


def _outer_suspects() -> Iterator[Suspect]:
    base = Mistake("Signature base", "The hash of the signature base was signed. The base itself must be.")
    for outer in ("{hash}", "SNWS2-HMAC-SHA256\n{stamp}\n{hash}"):
        yield fields_suspect("string", base, outer=outer)
