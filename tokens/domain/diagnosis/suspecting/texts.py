"""Suspects that both signing schemes share: method, host, line ends."""

import re
from collections.abc import Iterator, Sequence

from tokens.domain.diagnosis.drafts import Draft, Mistake, Suspect, fields_suspect, line_suspect

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_PORT = re.compile(r":[0-9]+$")
_PORTS = ("80", "443", "8080", "8443", "8000", "3000")


def method_suspects(method: str, role: str = "method", *, prefix: str = "") -> Iterator[Suspect]:
    """Yield other methods that may have been signed; `prefix` stands before them in their line."""
    case = Mistake("Method", "The method must be signed in upper case, as it is sent.")
    for text in (method.lower(), method.title()):
        yield line_suspect(role, f"{prefix}{text}", case)
    for text in _METHODS:
        if text != method:
            yield line_suspect(role, f"{prefix}{text}", Mistake("Method", f"{text} was signed, but {method} was sent."))


def host_suspects(draft: Draft, role: str, hosts: Sequence[str], *, prefix: str = "") -> Iterator[Suspect]:
    """Yield other hosts that may have been signed, with other ports too.

    Args:
        draft: what the portal would have signed.
        role: the line that holds the host.
        hosts: other hosts that the client may know: of the address, of a proxy's headers.
        prefix: what stands before the host in its line.
    """
    line = draft.find(role)
    if line is None:
        return
    counts = line.removeprefix(prefix)
    seen = {counts}
    for host in (counts, *hosts):
        name = _PORT.sub("", host)
        for text in (
            host,
            name,
            *(f"{name}:{port}" for port in _PORTS),
            host.lower(),
            host.upper(),
            f"https://{host}",
            f"http://{host}",
        ):
            if text not in seen:
                seen.add(text)
                yield line_suspect(role, f"{prefix}{text}", _host_mistake(counts, text))
    for text in ("", "localhost", "127.0.0.1", *(f"{name}:{port}" for name in ("localhost", "127.0.0.1") for port in _PORTS)):
        if text not in seen:
            yield line_suspect(role, f"{prefix}{text}", _host_mistake(counts, text), pairs=False)


def _host_mistake(counts: str, signed: str) -> Mistake:
    if not signed:
        return Mistake("Host", f"No host was signed. Sign “{counts}”.")
    if "://" in signed:
        return Mistake("Host", "The host was signed with the scheme before it. It must stand alone.")
    if signed.lower() == counts.lower():
        return Mistake("Host", f"“{signed}” was signed; upper and lower case must be as in the Host header, “{counts}”.")
    if _PORT.sub("", signed) == _PORT.sub("", counts):
        return Mistake(
            "Port",
            f"“{signed}” was signed, but the request came for “{counts}”. A port other than the scheme's default is part of it.",
        )
    advice = (
        f"“{signed}” was signed, but the request came for “{counts}”. Sign the host of the address that the client asks for; "
        "behind a proxy, configure the proxy to pass it on (X-Forwarded-Host)."
    )
    return Mistake("Host", advice)


def newline_suspects() -> Iterator[Suspect]:
    """Yield other line ends."""
    for newline, advice in (
        ("\r\n", "The lines end in CRLF. They must be joined by LF."),
        ("\r", "The lines are joined by CR. They must be joined by LF."),
        (
            "\\n",
            "Each newline is a backslash and an “n”: the shell or language did not read them as an escape.",
        ),
        ("", "The lines are joined without a newline."),
        (" ", "The lines are joined by spaces. They must be joined by LF."),
        ("\n\n", "There is a blank line between the lines."),
    ):
        yield fields_suspect("newline", Mistake("Line endings", advice), newline=newline)
    for end in ("\n", "\r\n", "\\n", " "):
        advice = "There is a newline (or a space) after the last line. The text must end with the last character of that line."
        yield fields_suspect("end", Mistake("Trailing newline", advice), end=end)


def content_types(sent: str) -> tuple[str, ...]:
    """Return other spellings of a Content-Type, of which an HTTP library may have made the one that was sent."""
    plain = sent.partition(";")[0].strip()
    others = (plain, *(f"{plain};{blank}charset={name}" for blank in ("", " ") for name in ("UTF-8", "utf-8")), "")
    return tuple(value for value in others if value != sent)
