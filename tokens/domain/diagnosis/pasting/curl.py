"""Reads a curl command, as a browser's "copy as cURL" and many manuals write it."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from tokens.domain.diagnosis.pasting.headers import Pasted

_DATA_OPTIONS = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"})
_FORM = "application/x-www-form-urlencoded"
# Options that take a value which does not matter here; everything else that starts with "-" takes none.
_OTHER_WITH_VALUE = frozenset(
    {"-o", "--output", "-u", "--user", "-m", "--max-time", "--connect-timeout", "-x", "--proxy", "--cacert", "--cert", "--key"}
) | frozenset({"--resolve", "--retry", "-w", "--write-out", "-b", "--cookie", "-e", "--referer"})
_SHORT = frozenset("HXdAebomuxw")


@dataclass(slots=True)
class _Command:
    """The parts of a command, as they come."""

    method: str = ""
    target: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    content_type: str = _FORM

    def add_header(self, text: str) -> None:
        name, colon, value = text.partition(":")
        if colon and name.strip():
            self.headers.append((name.strip().lower(), value.strip()))

    def set_method(self, text: str) -> None:
        self.method = text

    def set_target(self, text: str) -> None:
        self.target = self.target or text


def read_curl(text: str) -> Pasted | None:
    """Read a curl command; `None` if the text is none, or its quotes do not match."""
    joined = text.replace("\r\n", "\n").replace("\\\n", " ").strip().removeprefix("$").lstrip()
    if not joined.startswith(("curl ", "curl\t")):
        return None
    try:
        words = shlex.split(joined)
    except ValueError:
        return None
    command = _read_words(words[1:])
    return Pasted(
        method=command.method or ("POST" if command.data else "GET"),
        target=command.target,
        headers=tuple(_with_content_type(command)),
        body="&".join(command.data),
    )


def _read_words(words: list[str]) -> _Command:
    command = _Command()
    actions: dict[str, Callable[[str], None]] = {
        "-H": command.add_header,
        "--header": command.add_header,
        "-X": command.set_method,
        "--request": command.set_method,
        "--url": command.set_target,
        "-A": lambda text: command.add_header(f"user-agent: {text}"),
        **dict.fromkeys(_DATA_OPTIONS, command.data.append),
        **dict.fromkeys(_OTHER_WITH_VALUE, lambda _: None),
    }
    rest = iter(words)
    for word in rest:
        option, value = _split_option(word)
        if option in {"-I", "--head"}:
            command.method = "HEAD"
        elif option in actions:
            actions[option](next(rest, "") if value is None else value)
            if option == "--json":
                command.content_type = "application/json"
        elif not word.startswith("-"):
            command.set_target(word)
    return command


def _split_option(word: str) -> tuple[str, str | None]:
    """Return an option and the value that is written in the same word (`-XPOST`, `--request=POST`), if one is."""
    if word.startswith("--"):
        option, equals, value = word.partition("=")
        return option, value if equals else None
    if len(word) > 2 and word[0] == "-" and word[1] in _SHORT:
        return word[:2], word[2:]
    return word, None


def _with_content_type(command: _Command) -> list[tuple[str, str]]:
    """Return the headers, with the type that curl adds to data."""
    if not command.data or any(name == "content-type" for name, _ in command.headers):
        return command.headers
    return [*command.headers, ("content-type", command.content_type)]
