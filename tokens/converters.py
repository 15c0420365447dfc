"""How token identifiers and types stand in an address."""

import re

from tokens.domain.policies.table import TokenType

_UNSAFE = re.compile(r"[~/]|^\.|^new$")
_ESCAPED = re.compile(r"~([0-9A-F]{2})")


class TokenIdConverter:
    """Writes a token identifier as one path segment.

    The portal's own identifiers stand as they are. An imported one may hold any visible ASCII character but the comma, so
    what would mean something else in a path (a slash, a leading dot, "new") is escaped with a tilde.
    """

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Read the identifier out of an address."""
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)

    def to_url(self, value: str) -> str:
        """Write the identifier into an address."""
        return _UNSAFE.sub(lambda found: "".join(f"~{ord(character):02X}" for character in found[0]), value)


class TokenTypeConverter:
    """Writes a token type as the word that the pages use: `user` or `data`."""

    regex = "user|data"

    def to_python(self, value: str) -> TokenType:
        """Read the type out of an address."""
        return next(token_type for token_type in TokenType if token_type.label.lower() == value)

    def to_url(self, value: TokenType) -> str:
        """Write the type into an address."""
        return value.label.lower()
