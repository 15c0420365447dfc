"""Rotation: replacing a secret, and the grace period of the old one."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError

from tests.factories import issue
from tokens.domain.dates import format_timestamp
from tokens.domain.errors import NotPermitted
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle.issuing import Issued
from tokens.services.lifecycle.rotation import Grace, end_old_secrets, rotate
from tokens.services.signed_requests.use_log import Use, use_log

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ACTOR = Actor(label="alice@example.org")
pytestmark = pytest.mark.django_db


@pytest.fixture
def first(alice) -> Issued:
    """A token whose secret is in use."""
    issued = issue(alice, now=NOW - timedelta(days=30))
    use(issued.secret, at=NOW - timedelta(hours=1))
    return issued


def use(secret: TokenSecret, *, at: datetime = NOW) -> None:
    client = Actor(label="token", address="192.0.2.1", client="curl")
    use_log.clear()
    use_log.record(Use(secret.token_id, secret.pk, at, client, is_awaited=secret.first_used_at is None))


def live(token: SecurityToken, now: datetime) -> list[int]:
    """Return the keys of the secrets that sign at an instant, oldest first."""
    return sorted(TokenSecret.objects.filter(token=token).live_at(now).values_list("pk", flat=True))


def turn(issued: Issued, grace: Grace, *, at: datetime = NOW) -> TokenSecret:
    return rotate(issued.token, grace, actor=ACTOR, now=at).secret


class TestGrace:
    @pytest.mark.parametrize(
        ("grace", "length"), [(Grace.HOUR, timedelta(hours=1)), (Grace.DAY, timedelta(hours=24)), (Grace.WEEK, timedelta(days=7))]
    )
    def test_the_old_secret_works_as_long_as_chosen_and_no_longer(self, first, grace, length):
        new = turn(first, grace)
        assert live(first.token, NOW + length - timedelta(seconds=1)) == [first.secret.pk, new.pk]
        assert live(first.token, NOW + length) == [new.pk]

    def test_not_at_all_ends_it_now(self, first):
        new = turn(first, Grace.NONE)
        assert live(first.token, NOW) == [new.pk]

    def test_until_the_new_one_is_first_used(self, first):
        new = turn(first, Grace.FIRST_USE)
        assert live(first.token, NOW + timedelta(days=6)) == [first.secret.pk, new.pk]
        use(new)
        assert live(first.token, NOW) == [new.pk]
        assert AuditEvent.objects.filter(action="token.secret_ended").exists()

    def test_seven_days_if_the_new_one_is_never_used(self, first):
        new = turn(first, Grace.FIRST_USE)
        assert live(first.token, NOW + timedelta(days=7)) == [new.pk]

    def test_using_the_old_one_ends_nothing(self, first):
        new = turn(first, Grace.FIRST_USE)
        first.secret.refresh_from_db()
        use(first.secret)
        assert live(first.token, NOW) == [first.secret.pk, new.pk]


class TestTheSameToken:
    def test_identifier_words_and_policy_stay(self, first):
        before = SecurityToken.objects.values().get()
        rotate(first.token, Grace.DAY, actor=ACTOR, now=NOW)
        assert SecurityToken.objects.values().get() == before

    def test_the_new_secret_is_another(self, first):
        assert rotate(first.token, Grace.DAY, actor=ACTOR, now=NOW).value != first.value

    def test_it_is_recorded_with_the_grace_and_without_the_secret(self, first):
        issued = rotate(first.token, Grace.DAY, actor=ACTOR, now=NOW)
        event = AuditEvent.objects.get(action="token.rotated")
        assert event.detail == {"grace": "24h", "old_ends": format_timestamp(NOW + timedelta(days=1))}
        assert issued.value not in repr(issued)

    def test_a_rotation_whose_audit_entry_fails_did_not_happen(self, first):
        with patch("tokens.services.audit.AuditEvent.objects.create", side_effect=DatabaseError), pytest.raises(DatabaseError):
            rotate(first.token, Grace.NONE, actor=ACTOR, now=NOW)
        assert live(first.token, NOW) == [first.secret.pk]


class TestRepeating:
    @pytest.mark.parametrize("grace", [Grace.FIRST_USE, Grace.HOUR, Grace.DAY, Grace.WEEK])
    def test_a_repeated_rotation_ends_the_lost_secret_and_not_the_one_in_use(self, first, grace):
        for minute in range(5):
            at = NOW + timedelta(minutes=minute)
            new = turn(first, grace, at=at)
            assert live(first.token, at) == [first.secret.pk, new.pk]

    def test_the_grace_starts_again_with_the_repeated_rotation(self, first):
        turn(first, Grace.HOUR)
        turn(first, Grace.HOUR, at=NOW + timedelta(minutes=50))
        assert first.secret.pk in live(first.token, NOW + timedelta(minutes=100))

    def test_a_first_secret_that_was_never_used_is_kept(self, alice):
        issued = issue(alice, now=NOW)
        new = turn(issued, Grace.DAY)
        assert live(issued.token, NOW) == [issued.secret.pk, new.pk]

    def test_the_newest_of_the_used_ones_gets_the_grace_and_an_older_one_keeps_its_own(self, first):
        second = turn(first, Grace.WEEK)
        use(second)
        lost = turn(first, Grace.HOUR)
        third = turn(first, Grace.HOUR, at=NOW + timedelta(minutes=30))
        # The first was given a week, the second an hour from the repeat on.
        assert live(first.token, NOW + timedelta(minutes=89)) == [first.secret.pk, second.pk, third.pk]
        assert live(first.token, NOW + timedelta(minutes=91)) == [first.secret.pk, third.pk]
        assert lost.pk not in live(first.token, NOW + timedelta(minutes=31))

    def test_at_most_three_work_at_the_same_time(self, first):
        for _ in range(2):
            use(turn(first, Grace.WEEK))
        before = live(first.token, NOW)
        with pytest.raises(NotPermitted, match="3 private passwords"):
            turn(first, Grace.WEEK)
        assert live(first.token, NOW) == before
        assert len(before) == 3

    def test_too_many_do_not_prevent_ending_them_all(self, first):
        for _ in range(2):
            use(turn(first, Grace.WEEK))
        new = turn(first, Grace.NONE)
        assert live(first.token, NOW) == [new.pk]

    def test_expired_secrets_make_room_and_are_deleted(self, first):
        for _ in range(2):
            use(turn(first, Grace.HOUR))
        later = NOW + timedelta(hours=2)
        use(turn(first, Grace.HOUR, at=later), at=later)
        assert TokenSecret.objects.filter(token=first.token).count() == 2


class TestEndingItNow:
    def test_the_old_one_ends_and_the_current_one_stays(self, first):
        new = turn(first, Grace.WEEK)
        assert end_old_secrets(first.token, actor=ACTOR, now=NOW) == 1
        assert live(first.token, NOW) == [new.pk]
        assert AuditEvent.objects.get(action="token.secret_ended").detail == {"count": 1}

    def test_one_of_several_can_be_named(self, first):
        second = turn(first, Grace.WEEK)
        use(second)
        third = turn(first, Grace.WEEK)
        end_old_secrets(first.token, actor=ACTOR, now=NOW, secret_id=first.secret.pk)
        assert live(first.token, NOW) == [second.pk, third.pk]

    def test_neither_the_current_one_nor_another_tokens_can_be_ended_so(self, first, bob):
        other = issue(bob, now=NOW)
        turn(other, Grace.WEEK)
        assert end_old_secrets(first.token, actor=ACTOR, now=NOW, secret_id=first.secret.pk) == 0
        assert end_old_secrets(first.token, actor=ACTOR, now=NOW, secret_id=other.secret.pk) == 0
        assert live(first.token, NOW) == [first.secret.pk]
        assert len(live(other.token, NOW)) == 2

    def test_without_old_secrets_there_is_no_entry(self, first):
        assert end_old_secrets(first.token, actor=ACTOR, now=NOW) == 0
        assert not AuditEvent.objects.filter(action="token.secret_ended").exists()


def test_a_deleted_token_raises(first):
    SecurityToken.objects.all().delete()
    with pytest.raises(SecurityToken.DoesNotExist):
        turn(first, Grace.DAY)


@pytest.mark.parametrize("grace", Grace)
def test_every_choice_has_words(grace):
    assert grace.label


class TestLastUse:
    """Of the only secret it is the token's; a rotation keeps it apart, since the new one signs for the token then."""

    def plain_use(self, secret, *, at):
        use_log.clear()
        client = Actor(label="token", address="192.0.2.1", client="curl")
        use_log.record(Use(secret.token_id, secret.pk, at, client, is_plain=True))

    def uses(self, token, now):
        return {
            secret.pk: secret.last_use and secret.last_use.at for secret in TokenSecret.objects.filter(token=token).live_at(now)
        }

    def test_of_the_only_secret_is_that_of_its_token(self, first):
        at = NOW - timedelta(minutes=5)
        self.plain_use(first.secret, at=at)
        assert TokenSecret.objects.get().last_used_at < at
        assert self.uses(first.token, NOW) == {first.secret.pk: at}

    def test_of_an_old_secret_outlives_the_use_of_the_new_one(self, first):
        at = NOW - timedelta(minutes=5)
        self.plain_use(first.secret, at=at)
        new = turn(first, Grace.DAY)
        assert self.uses(first.token, NOW) == {first.secret.pk: at, new.pk: None}
        use(new, at=NOW + timedelta(minutes=1))
        assert self.uses(first.token, NOW) == {first.secret.pk: at, new.pk: NOW + timedelta(minutes=1)}

    def test_of_an_old_secret_that_is_used_later_is_its_own(self, first):
        new = turn(first, Grace.DAY)
        use(new, at=NOW + timedelta(minutes=1))
        use(first.secret, at=NOW + timedelta(minutes=2))
        assert self.uses(first.token, NOW) == {
            first.secret.pk: NOW + timedelta(minutes=2),
            new.pk: NOW + timedelta(minutes=1),
        }
