"""Showing a secret once."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.concurrency import at_the_same_instant
from tests.factories import issue
from tokens.domain.secrets.vault import make_key
from tokens.models import AuditEvent, Reveal
from tokens.services.audit import Actor
from tokens.services.lifecycle import reveals, rotation
from tokens.services.lifecycle.issuing import Issued
from tokens.services.lifecycle.rotation import Grace

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ACTOR = Actor(label="alice@example.org")


@pytest.fixture
def waiting(alice) -> Issued:
    """A token whose secret alice's session may see once."""
    issued = issue(alice, now=NOW)
    reveals.prepare(issued.secret, session_key="alices", now=NOW)
    return issued


def claim(issued: Issued, *, session_key: str = "alices", after: timedelta = timedelta(0)) -> reveals.Revealed | None:
    return reveals.claim(issued.token, session_key=session_key, actor=ACTOR, now=NOW + after)


class TestClaim:
    def test_the_requesting_session_sees_it_once(self, waiting):
        assert claim(waiting).value == waiting.value
        assert claim(waiting) is None

    def test_another_session_does_not_see_it_or_use_it_up(self, waiting):
        assert claim(waiting, session_key="bobs") is None
        assert claim(waiting, session_key="") is None
        assert claim(waiting).value == waiting.value

    def test_it_waits_for_ten_minutes(self, waiting):
        assert claim(waiting, after=timedelta(minutes=10)) is None
        assert claim(waiting, after=timedelta(minutes=9, seconds=59)) is not None

    def test_whether_it_waits_can_be_checked_without_using_it_up(self, waiting):
        for _ in range(2):
            assert reveals.is_waiting(waiting.token, session_key="alices", now=NOW)
        assert not reveals.is_waiting(waiting.token, session_key="bobs", now=NOW)
        assert not reveals.is_waiting(waiting.token, session_key="alices", now=NOW + timedelta(minutes=10))
        claim(waiting)
        assert not reveals.is_waiting(waiting.token, session_key="alices", now=NOW)

    def test_showing_it_is_recorded_without_the_secret(self, waiting):
        claim(waiting)
        claim(waiting)
        [event] = AuditEvent.objects.filter(action="token.shown")
        assert waiting.value not in str(vars(event))

    def test_the_row_contains_neither_session_nor_secret(self, waiting):
        row = str(Reveal.objects.values().get())
        assert "alices" not in row
        assert waiting.value not in row

    def test_a_secret_that_does_not_open_is_not_used_up(self, waiting, settings):
        ring = settings.TOKEN_KEYS
        settings.TOKEN_KEYS = make_key()
        with pytest.raises(Exception, match="No key of the ring"):
            claim(waiting)
        settings.TOKEN_KEYS = ring
        assert claim(waiting).value == waiting.value

    def test_after_a_rotation_only_the_new_secret_is_shown(self, waiting):
        rotated = rotation.rotate(waiting.token, Grace.DAY, actor=ACTOR, now=NOW)
        assert claim(waiting) is None
        reveals.prepare(rotated.secret, session_key="alices", now=NOW)
        assert claim(waiting).value == rotated.value

    def test_the_value_is_in_no_repr(self, waiting):
        assert waiting.value not in repr(claim(waiting))


@pytest.mark.django_db(transaction=True)
def test_of_four_tabs_at_the_same_instant_one_wins(waiting):
    seen = at_the_same_instant(4, lambda: claim(waiting))
    assert [revealed.value for revealed in seen if revealed] == [waiting.value]
    assert len(seen) == 4
    assert AuditEvent.objects.filter(action="token.shown").count() == 1
