"""Handing out a signing key: what it is made of, who gets none, and what is recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import issue, token
from tokens.domain.errors import NotPermitted, PolicyError, UnknownKey
from tokens.domain.policies.policy import Policy
from tokens.domain.secrets.vault import make_key
from tokens.domain.signing.rfc9421 import keys as rfc9421
from tokens.domain.signing.signing_keys import KeyKind
from tokens.domain.signing.snws2 import keys as snws2
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Actor
from tokens.services.lifecycle.rotation import Grace, rotate
from tokens.services.lifecycle.signing_keys import hand_out_key

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
ACTOR = Actor("alice@example.org", address="192.0.2.1", client="Firefox")


def hand_out(made: SecurityToken, kind: KeyKind = KeyKind.SNWS2, now: datetime = NOW):
    return hand_out_key(made, kind, actor=ACTOR, now=now)


def entries():
    return list(AuditEvent.objects.filter(action="token.key_handed_out").order_by("pk"))


class TestKey:
    @pytest.mark.parametrize(
        ("kind", "derive"), [(KeyKind.SNWS2, snws2.signing_key), (KeyKind.SNWS3, rfc9421.signing_key)], ids=list(KeyKind)
    )
    def test_is_today_s_of_the_token_s_secret(self, alice, kind, derive):
        issued = issue(alice)
        assert hand_out(issued.token, kind).value == derive(issued.value, NOW.date())

    def test_is_made_of_the_newest_secret_while_an_old_one_works(self, alice):
        made = issue(alice, now=NOW).token
        newest = rotate(made, Grace.WEEK, actor=ACTOR, now=NOW)
        assert hand_out(made).value == snws2.signing_key(newest.value, NOW.date())

    def test_ends_with_the_sixth_day_after(self, alice):
        assert hand_out(token(alice)).ends_at == datetime(2026, 11, 30, 23, 59, 59, 999_000, UTC)

    def test_ends_with_its_token(self, alice):
        ends_at = NOW + timedelta(days=2)
        made = token(alice, policy=Policy(not_after=int(ends_at.timestamp() * 1000)), now=NOW)
        assert hand_out(made).ends_at == ends_at

    def test_needs_no_grant_to_refresh(self, alice):
        assert hand_out(token(alice, policy=Policy(refresh_allowed=False)))


class TestNoKey:
    def refused(self, made: SecurityToken, now: datetime = NOW) -> str:
        with pytest.raises(NotPermitted) as raised:
            hand_out(made, now=now)
        assert entries() == []
        return raised.value.rule

    def test_for_a_disabled_token(self, alice):
        assert self.refused(token(alice, disabled=True)) == "status"

    def test_for_a_token_disabled_meanwhile(self, alice):
        made = token(alice)
        SecurityToken.objects.update(status="Disabled")
        assert made.status == "Active"
        assert self.refused(made) == "status"

    def test_for_an_expired_token(self, alice):
        made = token(alice, policy=Policy(not_after=int(NOW.timestamp() * 1000)), now=NOW)
        assert hand_out(made)
        AuditEvent.objects.all().delete()
        assert self.refused(made, now=NOW + timedelta(milliseconds=1)) == "notAfter"

    def test_where_the_stored_policy_denies_everything(self, alice):
        made = token(alice)
        SecurityToken.objects.update(policy={"planetIds": [1]})
        assert self.refused(made) == "policy"

    def test_where_no_secret_works(self, alice):
        made = token(alice)
        TokenSecret.objects.all().delete()
        assert self.refused(made) == "secret"

    def test_for_message_signatures_that_cannot_name_the_token(self, alice):
        made = token(alice)
        SecurityToken.objects.update(token_id="a:b")
        with pytest.raises(PolicyError, match="scheme"):
            hand_out(made, KeyKind.SNWS3)
        assert entries() == []

    def test_where_the_secret_does_not_open(self, alice, settings):
        made = token(alice)
        settings.TOKEN_KEYS = make_key()
        with pytest.raises(UnknownKey):
            hand_out(made)
        assert entries() == []

    def test_of_a_deleted_token(self, alice):
        made = token(alice)
        SecurityToken.objects.all().delete()
        with pytest.raises(SecurityToken.DoesNotExist):
            hand_out(made)

    def test_without_its_audit_entry(self, alice, monkeypatch):
        made = token(alice)
        monkeypatch.setattr(audit.AuditEvent.objects, "create", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hand_out(made)


class TestAudit:
    def test_each_handing_out_is_one_entry_with_who_which_kind_and_which_day(self, alice):
        made = token(alice)
        for kind in (KeyKind.SNWS2, KeyKind.SNWS3, KeyKind.SNWS3):
            hand_out(made, kind)
        assert [entry.detail for entry in entries()] == [
            {"date": "2026-11-24", "scheme": scheme} for scheme in ("snws2", "snws3", "snws3")
        ]
        entry = entries()[0]
        assert (entry.actor_label, entry.address, entry.token_id, entry.owner) == (
            "alice@example.org",
            "192.0.2.1",
            made.token_id,
            alice,
        )

    @pytest.mark.parametrize("kind", KeyKind)
    def test_neither_key_nor_secret_is_in_it(self, alice, kind):
        issued = issue(alice)
        key = hand_out(issued.token, kind)
        written = str([vars(entry) for entry in entries()])
        assert key.value.hex() not in written
        assert issued.value not in written
