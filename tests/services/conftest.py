"""What the services' tests share."""

from datetime import UTC, datetime

import pytest

from tokens.services import use_log


@pytest.fixture
def clock() -> datetime:
    """The instant of the test."""
    return datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Let no test see what another one has noted in this process."""
    use_log.forget()
    yield
    use_log.forget()
