"""Gunicorn's access log without private passwords: a client may send one in an address by mistake."""

from typing import TYPE_CHECKING, Any

from tokens.domain.secrets.credentials import redact

if TYPE_CHECKING:
    LoggerBase = Any
else:
    from gunicorn.glogging import Logger as LoggerBase


class SecretFreeLogger(LoggerBase):  # type: ignore[misc] # gunicorn ships no types
    """Gunicorn's logger; what a request says of itself is redacted."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        """Return what a line of the log can be made of."""
        found: dict[str, Any] = super().atoms(*args)
        return {name: redact(value) if isinstance(value, str) else value for name, value in found.items()}
