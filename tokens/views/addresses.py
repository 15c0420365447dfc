"""How a token identifier stands in an address."""

import re

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
