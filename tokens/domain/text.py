"""Text from outside: which characters may be stored, and how a value is shown in a message."""

import re

# Unicode's category Cc, as it stands inside a regular expression's brackets (the OpenAPI document uses it as well).
CONTROL_CHARACTERS = r"\x00-\x1f\x7f-\x9f"
_CONTROL = re.compile(f"[{CONTROL_CHARACTERS}]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MAX_SHOWN_LENGTH = 120
_ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def find_problem(text: str, *, allowed: str = "") -> str:
    """Tell why a text cannot be stored, completing "It …"; "" if it can.

    Args:
        text: as given.
        allowed: control characters that may be part of it, such as line breaks.
    """
    if any(character not in allowed for character in _CONTROL.findall(text)):
        return "contains a control character"
    return "contains an unpaired surrogate" if has_surrogate(text) else ""


def has_control_character(text: str) -> bool:
    """True if the text contains a control character."""
    return _CONTROL.search(text) is not None


def has_surrogate(text: str) -> bool:
    """True if the text contains an unpaired surrogate, which has no bytes in UTF-8."""
    return _SURROGATE.search(text) is not None


def is_origin(text: str) -> bool:
    """True if the text is scheme, host and, where needed, port, in lower case (`https://data.example.org`), and no more."""
    return _ORIGIN.fullmatch(text) is not None


def shorten(value: object) -> str:
    """Return a value as a message or a log may show it: on one line, without control characters, at most 120 characters."""
    text = str(value)
    if len(text) > _MAX_SHOWN_LENGTH:
        text = text[:_MAX_SHOWN_LENGTH] + "…"
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
