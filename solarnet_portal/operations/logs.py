"""The log: lines for people, or JSON for programs; each names its request, and none holds a private password."""

import logging
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

from tokens.domain.secrets.credentials import redact

# "" outside of a request.
request_id: ContextVar[str] = ContextVar("request_id", default="")
FORMATS = ("line", "json")
_LINE = "{asctime}{in_request} {levelname} {name}: {message}"


class AddRequestId(logging.Filter):
    """Lets a record say in which request it was written."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the identifier; always returns True."""
        identifier = record.request_id = request_id.get()
        record.in_request = f" [{identifier}]" if identifier else ""
        return True


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object: `timestamp` (UTC), `level`, `logger`, `event`; `request_id`, `exception` if any."""

    def __init__(self, **_: Any) -> None:
        """Build structlog's formatter, which knows how to write tracebacks and instants."""
        super().__init__()
        # Only who asks for JSON waits for the import.
        import structlog

        self._json = structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _add_request_id,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON on one line, without private passwords."""
        return redact(self._json.format(record))


def logging_settings(level: str, form: str) -> dict[str, Any]:
    """Return Django's `LOGGING`: everything from `level` on to standard error, in one of `FORMATS`."""
    formatters = {
        "line": {"()": "tokens.redaction.SecretFreeFormatter", "format": _LINE, "style": "{"},
        "json": {"()": "solarnet_portal.operations.logs.JsonFormatter"},
    }
    console = {"class": "logging.StreamHandler", "filters": ["request", "redact"], "formatter": "chosen", "level": level}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "redact": {"()": "tokens.redaction.RedactSecrets"},
            "request": {"()": "solarnet_portal.operations.logs.AddRequestId"},
        },
        "formatters": {"chosen": formatters[form]},
        "handlers": {"console": console},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True, "level": "WARNING"},
        },
    }


def _add_request_id(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if identifier := getattr(event["_record"], "request_id", ""):
        event["request_id"] = identifier
    return event
