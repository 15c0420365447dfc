"""URL converters for token identifiers and types."""

import re

from tokens.domain.policies.table import TokenType

# The last are what the list's own addresses end with.
_UNSAFE = re.compile(r"[~/]|^\.|^(?:new|bulk|review|find|export\.csv|export\.json)$")
_ESCAPED = re.compile(r"~([0-9A-F]{2})")


class TokenIdConverter:
    """Converts a token identifier to one path segment.

    Imported identifiers may contain any visible ASCII character but the comma. Those that have a meaning in a path (a slash, a
    leading dot, the words of other addresses) are escaped with a tilde.
    """

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Return the identifier of a path segment."""
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)

    def to_url(self, value: str) -> str:
        """Return the path segment of an identifier."""
        return _UNSAFE.sub(lambda match: "".join(f"~{ord(character):02X}" for character in match[0]), value)


class TokenTypeConverter:
    """Converts a token type to `user` or `data`."""

    regex = "user|data"

    def to_python(self, value: str) -> TokenType:
        """Return the type of a path segment."""
        return next(token_type for token_type in TokenType if token_type.label.lower() == value)

    def to_url(self, value: TokenType) -> str:
        """Return the path segment of a type."""
        return value.label.lower()
