"""Reads a request's headers as tools print them: `curl -v`, a browser's "copy request headers", a log, JSON, a raw message.

Nothing is refused: what is no header is counted. Every step takes time in proportion to the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from textwrap import dedent

_REQUEST_LINE = re.compile(
    r"(?:[^\w\n]{1,4}[ \t]+)?([A-Za-z]{2,20})[ \t]+(/\S*|https?://\S+|\*)(?:[ \t]+HTTP/[0-9.]+)?[ \t]*"
).fullmatch
_STATUS_LINE = re.compile(r"HTTP/[0-9.]+[ \t]+[0-9]{3}\b.*").fullmatch
_HEADER = re.compile(r"(:?[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)").fullmatch
_NAME_ALONE = re.compile(r":?[A-Za-z][0-9A-Za-z_-]*:?").fullmatch
# What `curl -v` and HTTP libraries' logs write before a line that was sent or received.
_SENT = re.compile(r"(?:.{0,120}[ \t])?>{1,2}(?:[ \t]+(.*))?").fullmatch
_RECEIVED = re.compile(r"(?:.{0,120}[ \t])?<{1,2}(?:[ \t]+(.*))?").fullmatch
# A member of an object in JSON, Python or JavaScript: a quoted name and a quoted value.
_MEMBER = re.compile(r"""(?:"([\w:-]{1,80})"|'([\w:-]{1,80})')\s*+:\s*+(?:\[\s*+)?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A request as far as a text tells it.

    Attributes:
        method, target: of the request line (or the pseudo headers of HTTP/2); "" if the text has none.
        headers: `(lower-case name, value)`, in order; `host` also where HTTP/2 calls it `:authority`.
        body: what follows the headers of a whole message; "" if nothing does.
        scheme: `http` or `https` where the text tells it, or "".
        answered: the value of the answer's `Date` header, "" if the text has no answer.
        unread: how many lines are no header.
    """

    method: str = ""
    target: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = field(default="", repr=False)
    scheme: str = ""
    answered: str = ""
    unread: int = 0


def read_headers(text: str) -> Pasted:
    """Read what a tool printed of a request. Lines may end in any way."""
    unified = dedent(_unify(text)).strip("\n")
    if unified.lstrip().startswith(("{", "[")):
        return _from_pairs(_read_object(unified))
    sent, received = _split_directions(unified.split("\n"))
    pairs = _read_pairs_of_lines(sent)
    pasted = _read_message(sent) if pairs is None else _from_pairs(pairs)
    return replace(pasted, answered=pasted.answered or _find_date(received))


def _unify(text: str) -> str:
    """Return the text with line feeds alone, also where a log shows a message as a quoted string on one line."""
    if "\\r\\n" in text:
        text = re.sub(r"""(?m)^(?:send|reply|header): b?['"]|['"]$""", "", text).replace("\\r\\n", "\n")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _split_directions(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines that were sent and those that were received; all were sent if nothing marks them."""
    sent = [(found[1] or "").strip() for line in lines if (found := _SENT(line))]
    if not any(_HEADER(line) or _REQUEST_LINE(line) for line in sent):
        return lines, []
    return sent, [(found[1] or "").strip() for line in lines if (found := _RECEIVED(line))]


def _find_date(lines: Iterable[str]) -> str:
    headers = (header for line in lines if (header := _HEADER(line.strip())))
    return next((header[2].strip() for header in headers if header[1].lower() == "date"), "")


def _read_pairs_of_lines(lines: list[str]) -> list[tuple[str, str]] | None:
    """Return the headers of a table that was copied, a name and below it its value; `None` if the lines are no such table."""
    filled = [line.strip() for line in lines if line.strip()]
    names, values = filled[0::2], filled[1::2]
    if len(names) < 2 or len(names) != len(values) or not all(_NAME_ALONE(name) for name in names):
        return None
    return [(name.rstrip(":") if name != ":" else name, value) for name, value in zip(names, values, strict=True)]


def _read_object(text: str) -> list[tuple[str, str]]:
    found = []
    for double_name, single_name, double_value, single_value in _MEMBER.findall(text):
        found.append((double_name or single_name, _ESCAPE.sub(r"\1", double_value or single_value)))
    return found


def _from_pairs(pairs: Iterable[tuple[str, str]], *, method: str = "", target: str = "", unread: int = 0) -> Pasted:
    """Take the pseudo headers of HTTP/2 out of the pairs."""
    pseudo = {name.lower(): value for name, value in pairs if name.startswith(":")}
    headers = [(_lower(name), value) for name, value in pairs if not name.startswith(":")]
    if ":authority" in pseudo and not any(name == "host" for name, _ in headers):
        headers.insert(0, ("host", pseudo[":authority"]))
    return Pasted(
        method=method or pseudo.get(":method", ""),
        target=target or pseudo.get(":path", ""),
        headers=tuple(headers),
        scheme=pseudo.get(":scheme", ""),
        unread=unread,
    )


def _read_message(lines: list[str]) -> Pasted:
    """Read a request line, headers, and after a blank line the body; then maybe the answer's status line and headers."""
    message = _Message()
    for number, line in enumerate(lines):
        if _STATUS_LINE(line.strip()):
            return replace(message.finish(), answered=_find_date(lines[number + 1 :]))
        if not line.strip() and message.target and message.pairs:
            body = "\n".join(lines[number + 1 :])
            return replace(message.finish(), body=body if body.strip() else "")
        message.take(line)
    return message.finish()


@dataclass(slots=True)
class _Message:
    """What was read of a message so far."""

    method: str = ""
    target: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    unread: int = 0

    def take(self, line: str) -> None:
        """Take the next line for what it is."""
        text = line.strip()
        request_line = None if self.target else _REQUEST_LINE(text)
        header = _HEADER(text)
        if request_line:
            self.method, self.target = request_line.groups()
        elif header:
            self.pairs.append((header[1], header[2].strip()))
        elif text and line[0] in " \t" and self.pairs:
            # A folded header: its value goes on.
            self.pairs[-1] = (self.pairs[-1][0], f"{self.pairs[-1][1]} {text}")
        elif text:
            self.unread += 1

    def finish(self) -> Pasted:
        """Return what was read."""
        return _from_pairs(self.pairs, method=self.method, target=self.target, unread=self.unread)


def _lower(name: str) -> str:
    # Other names are kept, because letters such as the Kelvin sign become ASCII in lower case.
    return name.lower() if name.isascii() else name
