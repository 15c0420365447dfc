"""What the tests of the pages share."""

from datetime import datetime

import pytest
from django.utils import timezone


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the clock at noon of today (UTC): near enough for sessions, and far from midnight."""
    now = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    return now
