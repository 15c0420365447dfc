"""Gunicorn's logs without private passwords, which a client may send in an address by mistake; as JSON where asked for."""

import json
from typing import TYPE_CHECKING, Any

from solarnet_portal.operations.logs import JsonFormatter
from tokens.domain.secrets.credentials import redact

if TYPE_CHECKING:
    LoggerBase = Any
else:
    from gunicorn.glogging import Logger as LoggerBase

# The names of a line's parts, and gunicorn's own for them. Neither headers nor bodies are among them.
_PARTS = {
    "address": "h",
    "method": "m",
    "path": "U",
    "query": "q",
    "status": "s",
    "bytes": "B",
    "milliseconds": "M",
    "request_id": "{portal.request_id}e",
}


class SecretFreeLogger(LoggerBase):  # type: ignore[misc] # gunicorn ships no types
    """Gunicorn's logger; what a request says of itself is redacted."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        """Return what a line of the log can be made of."""
        found: dict[str, Any] = super().atoms(*args)
        return {name: redact(value) if isinstance(value, str) else value for name, value in found.items()}


class JsonLogger(SecretFreeLogger):
    """The same, a JSON object a line."""

    def setup(self, cfg: Any) -> None:
        """Set up the logs, and let the error log write JSON too."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        """Write a line about an answered request."""
        if not self.access_log_enabled:
            return
        atoms = self.atoms(resp, req, environ, request_time)
        line = {"logger": "access", "timestamp": atoms["t"].strip("[]"), **{name: atoms.get(key) for name, key in _PARTS.items()}}
        self.access_log.info("%s", json.dumps(line, default=str))
