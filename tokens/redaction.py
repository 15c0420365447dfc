"""Removes private passwords from logs, tracebacks and the debug page, as a last line of defense."""

import logging
from collections.abc import ItemsView
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from tokens.domain.secrets.credentials import redact


class RedactSecrets(logging.Filter):
    """Removes private passwords from a record's message and arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record; always returns True."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # Arguments that do not match the message must not raise in the code that logs.
            message, record.args = f"{record.msg} {record.args!r}", ()
            record.msg = message
        cleansed = redact(message)
        if cleansed != message:
            record.msg, record.args = cleansed, ()
        return True


class SecretFreeFormatter(logging.Formatter):
    """Removes private passwords from tracebacks, which only the formatter turns into text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted record, with its traceback, without private passwords."""
        return redact(super().format(record))


class SecretFreeReporterFilter(SafeExceptionReporterFilter):
    """Hides local variables, and settings, headers and fields that contain a private password."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return True: the debug page is filtered, too."""
        return True

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Hide what Django hides, and also keys and private passwords."""
        if isinstance(key, str) and key.upper().startswith(
            ("TOKEN_KEYS", "DATABASE_URL", "PORTAL_TOKEN_KEYS", "HTTP_AUTHORIZATION", "HTTP_SIGNATURE")
        ):
            return self.cleansed_substitute
        cleansed = super().cleanse_setting(key, value)
        return redact(cleansed) if isinstance(cleansed, str) else cleansed

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the names of the posted fields without their values."""
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        """Return the variables' names without values: any frame may contain a secret or a key."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()


class SecretFreeReporter(ExceptionReporter):
    """Removes private passwords from the finished report, including its URL and error messages."""

    def get_traceback_html(self) -> SafeString:
        """Return the debug page without private passwords."""
        # Only letters, digits and brackets are removed and inserted, so the HTML stays safe.
        return mark_safe(redact(super().get_traceback_html()))  # noqa: S308 -- see above

    def get_traceback_text(self) -> SafeString:
        """Return the report as text without private passwords."""
        return mark_safe(redact(super().get_traceback_text()))  # noqa: S308 -- as above
