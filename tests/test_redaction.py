"""Private passwords are removed from logs, tracebacks and the debug page."""

import io
import logging
import sys

import pytest
from django.test import RequestFactory
from django.views.debug import get_exception_reporter_class, technical_500_response

from tokens.domain.secrets.credentials import make_secret
from tokens.redaction import SecretFreeFormatter, SecretFreeReporterFilter

# Away from the tests, because the debug page shows the lines around what failed.
SIGNATURE = "sn=:c2lnbmVk:"


@pytest.fixture
def planted() -> str:
    """A private password in places where it must not appear."""
    return make_secret()


@pytest.fixture
def log():
    """A logger that writes as the settings say, and what it has written."""
    console = next(handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, SecretFreeFormatter))
    stream = io.StringIO()
    before = console.setStream(stream)
    yield logging.getLogger("tokens.planted"), stream.getvalue
    console.setStream(before)


class TestLog:
    def test_a_message_is_cleansed(self, planted, log):
        logger, written = log
        logger.error("The password is " + planted)
        assert "The password is snts_[redacted]" in (text := written())
        assert planted not in text

    def test_arguments_are_cleansed_also_inside_other_values(self, planted, log):
        logger, written = log
        logger.error("Given %s and %r", planted, {"authSecret": planted})
        assert planted not in (text := written())
        assert text.count("[redacted]") == 2

    def test_a_traceback_is_cleansed(self, planted, log):
        logger, written = log
        try:
            raise ValueError(planted)
        except ValueError:
            logger.exception("It failed.")
        assert "ValueError: snts_[redacted]" in (text := written())
        assert planted not in text

    def test_a_stack_is_cleansed(self, planted, log):
        logger, written = log
        logger.error("See", stack_info=True, extra={"secret": planted})
        assert planted not in written()

    def test_a_record_without_a_secret_passes_unchanged(self, log):
        logger, written = log
        logger.error("Token %s is gone", "Zx81")
        assert written().rstrip().endswith("ERROR tokens.planted: Token Zx81 is gone")

    def test_a_record_whose_arguments_do_not_fit_is_still_written(self, planted, log):
        logger, written = log
        logger.error("Two %s %s", planted)
        assert planted not in written()


def failing(request, secret: str):
    """Fail with the secret in a local variable, in the request and in the error's own text."""
    local = f"copied {secret}"
    raise RuntimeError(f"Failed on {secret} {len(local)}")


def debug_page(secret: str, *, accept: str = "text/html") -> str:
    """Return Django's page for a failure that contains the secret everywhere."""
    request = RequestFactory().post(
        f"/tokens/?q={secret}",
        {"password": secret, "name": secret},
        headers={"authorization": secret, "x-strange": secret, "accept": accept},
    )
    try:
        failing(request, secret)
    except RuntimeError:
        return technical_500_response(request, *sys.exc_info()).content.decode()
    raise AssertionError("unreachable")


class TestDebugPage:
    @pytest.mark.parametrize("accept", ["text/html", "text/plain"])
    def test_the_secret_is_nowhere(self, planted, settings, accept):
        settings.DEBUG = True
        page = debug_page(planted, accept=accept)
        assert "RuntimeError" in page
        assert planted not in page

    @pytest.mark.parametrize("name", ["authorization", "signature", "signature-input"])
    def test_a_signature_is_nowhere(self, settings, name):
        settings.DEBUG = True
        request = RequestFactory().get("/tokens/", headers={name: SIGNATURE})
        try:
            failing(request, "")
        except RuntimeError:
            page = technical_500_response(request, *sys.exc_info()).content.decode()
        assert SIGNATURE not in page

    def test_the_keys_of_the_settings_are_nowhere(self, planted, settings):
        settings.DEBUG = True
        settings.DATABASE_URL = "postgres://portal:hunter2@db/portal"
        page = debug_page(planted)
        assert settings.TOKEN_KEYS not in page
        assert settings.SECRET_KEY not in page
        assert "hunter2" not in page

    def test_the_report_mailed_to_administrators_is_filtered_too(self, planted):
        request = RequestFactory().post("/tokens/", {"password": planted})
        try:
            failing(request, planted)
        except RuntimeError:
            reporter = get_exception_reporter_class(request)(request, *sys.exc_info(), is_email=True)
        assert planted not in reporter.get_traceback_text()
        assert planted not in reporter.get_traceback_html()
        assert isinstance(reporter.filter, SecretFreeReporterFilter)
