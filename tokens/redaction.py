"""Keeps private passwords out of logs, tracebacks and the debug page, whatever the code above does."""

import logging
from collections.abc import ItemsView
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from tokens.domain.secrets.credentials import redact


class RedactSecrets(logging.Filter):
    """Takes private passwords out of a record's message and arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: the record always passes, cleansed."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # Arguments that do not fit their message must not fail what only wanted to tell something.
            message, record.args = f"{record.msg} {record.args!r}", ()
            record.msg = message
        cleansed = redact(message)
        if cleansed != message:
            record.msg, record.args = cleansed, ()
        return True


class SecretFreeFormatter(logging.Formatter):
    """Takes private passwords out of tracebacks, which only the formatter turns into text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, traceback included, without private passwords."""
        return redact(super().format(record))


class SecretFreeReporterFilter(SafeExceptionReporterFilter):
    """Shows no local variables, and no value of a setting, header or field that holds a private password."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return True: also the debug page is filtered."""
        return True

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Hide what Django hides, the key ring and whatever holds a private password."""
        if isinstance(key, str) and key.upper().startswith(
            ("TOKEN_KEYS", "DATABASE_URL", "PORTAL_TOKEN_KEYS", "HTTP_AUTHORIZATION")
        ):
            return self.cleansed_substitute
        cleansed = super().cleanse_setting(key, value)
        return redact(cleansed) if isinstance(cleansed, str) else cleansed

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the names of the posted fields without their values."""
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        """Return no values: any frame may hold a secret, a key, or an object that leads to one."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()


class SecretFreeReporter(ExceptionReporter):
    """Takes private passwords out of the finished report: its address, its error texts, whatever Django puts in next."""

    def get_traceback_html(self) -> SafeString:
        """Return the debug page without private passwords."""
        # What is taken out and put in is letters, digits and brackets: the page stays as safe as it was.
        return mark_safe(redact(super().get_traceback_html()))  # noqa: S308 -- see above

    def get_traceback_text(self) -> SafeString:
        """Return the report as text without private passwords."""
        return mark_safe(redact(super().get_traceback_text()))  # noqa: S308 -- as above
