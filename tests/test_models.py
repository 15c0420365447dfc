"""The database's own constraints: what no code may write, no code can write."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from tests.factories import NodeFactory, UserFactory, issue, note_use, token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import RESTRICTIONS, TokenType
from tokens.models import AuditEvent, LastUse, Node, Reveal, SecurityToken, TokenSecret, is_live
from tokens.services.audit import Actor
from tokens.services.lifecycle.changes import delete_token

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 1, 12, 30, 15, 999_998, tzinfo=UTC)
SAMPLES = {
    "apiPaths": ["/datum/**"],
    "notAfter": 4_102_444_799_999,
    "minAggregation": "Hour",
    "nodeIds": [101],
    "refreshAllowed": True,
    "sourceIds": ["/meter/1"],
    "nodeMetadataPaths": ["/m/**"],
    "userMetadataPaths": ["/m/**"],
}


def refused(name: str):
    """Expect the database to refuse by the constraint of this name."""
    # For a unique constraint SQLite names the columns, not the constraint.
    return pytest.raises(IntegrityError, match=name if connection.vendor == "postgresql" else f"{name}|UNIQUE constraint failed")


class TestUser:
    def test_an_email_has_one_account_in_any_case_of_letters(self):
        UserFactory(email="alice@example.org")
        with refused("user_email_unique"), transaction.atomic():
            User.objects.create(email="Alice@Example.org")

    def test_its_service_is_reached_over_the_web(self):
        with refused("user_service_url_web"), transaction.atomic():
            UserFactory(service_url="javascript:alert(1)")

    @pytest.mark.parametrize(("own", "expected"), [("", "https://all.example"), ("https://own.example", "https://own.example")])
    def test_its_own_service_comes_before_the_portals(self, settings, own, expected):
        settings.SERVICE_URL = "https://all.example"
        assert UserFactory(service_url=own).service_address == expected

    def test_signing_in_finds_the_account_in_any_case_of_letters(self, alice):
        assert User.objects.get_by_natural_key("ALICE@example.org") == alice

    def test_a_superuser_is_staff(self):
        assert User.objects.create_superuser("root@example.org", "pw").is_staff


class TestNode:
    @pytest.mark.parametrize("node_id", [0, -1])
    def test_an_id_is_positive(self, alice, node_id):
        with refused("node_id_positive"), transaction.atomic():
            Node.objects.create(node_id=node_id, owner=alice)

    def test_a_node_has_one_owner(self, alice, bob):
        with refused("node_id"), transaction.atomic():
            Node.objects.create(node_id=101, owner=bob)

    def test_it_is_shown_with_its_name_if_it_has_one(self, alice):
        assert str(Node(node_id=7, name="Roof")) == "7 – Roof"
        assert str(Node(node_id=7)) == "7"


class TestSecurityToken:
    def test_an_identifier_is_unique(self, alice, bob):
        existing = token(alice)
        with refused("token_id"), transaction.atomic():
            SecurityToken.objects.create(token_id=existing.token_id, owner=bob, type="User")

    def test_an_identifier_is_not_empty(self, alice):
        with refused("token_id_not_empty"), transaction.atomic():
            SecurityToken.objects.create(token_id="", owner=alice, type="User")

    @pytest.mark.parametrize("type_", ["", "user", "Data", "Admin"])
    def test_a_type_is_one_of_two(self, alice, type_):
        with refused("token_type_valid"), transaction.atomic():
            SecurityToken.objects.create(token_id="a", owner=alice, type=type_)

    @pytest.mark.parametrize("status", ["", "active", "Expired"])
    def test_a_status_is_one_of_two(self, alice, status):
        with refused("token_status_valid"), transaction.atomic():
            SecurityToken.objects.create(token_id="a", owner=alice, type="User", status=status)

    def test_the_samples_cover_the_policy_table(self):
        assert list(SAMPLES) == [row.json_key for row in RESTRICTIONS]

    @pytest.mark.parametrize("token_type", TokenType)
    @pytest.mark.parametrize("row", RESTRICTIONS, ids=lambda row: row.json_key)
    def test_a_policy_contains_only_what_its_type_may_carry(self, alice, row, token_type):
        policy = {row.json_key: SAMPLES[row.json_key]}
        if row.applies_to(token_type):
            SecurityToken.objects.create(token_id="a", owner=alice, type=token_type.value, policy=policy)
            assert SecurityToken.objects.get().policy == policy
            return
        with refused("token_policy_applicable"), transaction.atomic():
            SecurityToken.objects.create(token_id="a", owner=alice, type=token_type.value, policy=policy)

    def test_an_update_cannot_smuggle_a_restriction_in_either(self, alice):
        user_token = token(alice, type=TokenType.USER)
        with refused("token_policy_applicable"), transaction.atomic():
            SecurityToken.objects.filter(pk=user_token.pk).update(policy={"nodeIds": [101]})
        with refused("token_policy_applicable"), transaction.atomic():
            data_token = token(alice, policy=Policy(node_ids=(101,)))
            SecurityToken.objects.filter(pk=data_token.pk).update(type="User")

    def test_a_forms_key_makes_one_token_an_account(self, alice, bob):
        SecurityToken.objects.create(token_id="a", owner=alice, type="User", creation_key="k")
        SecurityToken.objects.create(token_id="b", owner=bob, type="User", creation_key="k")
        with refused("token_creation_key_unique"), transaction.atomic():
            SecurityToken.objects.create(token_id="c", owner=alice, type="User", creation_key="k")

    def test_the_database_keeps_the_expiry_beside_the_policy(self, alice):
        expiring = token(alice, policy=Policy(not_after=4_102_444_799_999))
        expiring.refresh_from_db()
        assert expiring.not_after == 4_102_444_799_999
        SecurityToken.objects.filter(pk=expiring.pk).update(policy={})
        expiring.refresh_from_db()
        assert expiring.not_after is None

    def test_it_works_up_to_and_including_its_last_instant(self, alice):
        now = timezone.now().replace(microsecond=500_000)
        last = int(now.timestamp() * 1000)
        expiring = token(alice, policy=Policy(not_after=last), now=now - timedelta(days=1))
        expiring.refresh_from_db()
        late = now + timedelta(milliseconds=1)
        assert (expiring.state(now), expiring.state(late)) == ("Active", "Expired")
        mine = SecurityToken.objects.owned_by(alice)
        assert list(mine.usable_at(now)) == list(mine.expired_at(late)) == [expiring]
        assert not mine.expired_at(now).exists()
        assert not mine.usable_at(late).exists()

    def test_a_disabled_token_or_one_of_an_inactive_owner_is_not_usable(self, alice, bob):
        now = timezone.now()
        token(alice, disabled=True)
        token(bob)
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert not SecurityToken.objects.usable_at(now).exists()

    def test_an_expired_token_is_expired_whatever_its_status(self, alice):
        issued_at = timezone.now() - timedelta(days=2)
        ended = Policy(not_after=int((issued_at + timedelta(days=1)).timestamp() * 1000))
        expired = token(alice, policy=ended, now=issued_at, disabled=True)
        expired.refresh_from_db()
        assert expired.state(timezone.now()) == "Expired"

    def test_a_row_is_never_nameless(self, alice):
        nameless = SecurityToken(type="ReadNodeData", created_at=timezone.now().replace(year=2026, month=3, day=7))
        assert str(nameless) == "Data token of 7 Mar 2026"

    @pytest.mark.parametrize("stored", [[], "text", {"nodeIds": []}, {"unknown": 1}, {"minAggregation": "Often"}])
    def test_a_stored_policy_that_cannot_be_read_is_none(self, stored):
        assert SecurityToken(type="ReadNodeData", policy=stored).read_policy() is None


class TestAmongThemOfAnAccount:
    def test_are_its_own_newest_first(self):
        owner = UserFactory()
        old, _, new = (token(owner, now=AT + timedelta(days=day)) for day in range(3))
        names = [old.token_id, new.token_id, token().token_id, "unknown"]
        assert list(SecurityToken.objects.filter(token_id__in=names).among_them_of(owner)) == [new, old]

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own words for a plan")
    @pytest.mark.parametrize(
        ("found", "plan"), [({"token_id__in": ["a", "b"]}, "(token_id=?)"), ({"pk__in": [1, 2]}, "(rowid=?)")]
    )
    def test_are_found_without_reading_the_account_s_others(self, found, plan):
        assert plan in SecurityToken.objects.filter(**found).among_them_of(UserFactory()).explain()


class TestTokenSecret:
    def test_a_token_has_one_current_secret(self, alice):
        with refused("secret_one_current"), transaction.atomic():
            TokenSecret.objects.create(token=token(alice), sealed=b"x")

    def test_a_current_secret_waits_for_no_successor(self, alice):
        secret = issue(alice).secret
        with refused("secret_current_has_no_end"), transaction.atomic():
            TokenSecret.objects.filter(pk=secret.pk).update(ends_with_successor=True)

    def test_live_secrets_come_with_the_current_one_first(self, alice):
        now = timezone.now()
        issued = issue(alice)
        ends = [now + timedelta(hours=1), now + timedelta(hours=2), now]
        hour, two_hours, _ = (TokenSecret.objects.create(token=issued.token, sealed=b"x", ends_at=end) for end in ends)
        live = list(issued.token.secrets.live_at(now))
        assert live == [issued.secret, two_hours, hour]
        assert {secret for secret in issued.token.secrets.all() if is_live(secret.ends_at, now)} == set(live)


class TestReveal:
    def test_a_secret_is_revealed_once(self, alice):
        secret = issue(alice).secret
        Reveal.objects.create(secret=secret, session_hash="a")
        with refused("reveal_once_a_secret"), transaction.atomic():
            Reveal.objects.create(secret=secret, session_hash="b")


class TestAuditEvent:
    def test_the_trail_outlives_token_and_accounts(self, alice):
        issued = token(alice)
        delete_token(issued, actor=Actor(label=alice.email, user=alice), now=timezone.now())
        alice.delete()
        actions = AuditEvent.objects.filter(token_id=issued.token_id).values_list("action", "actor_label", "actor")
        assert list(actions) == [("token.deleted", "alice@example.org", None), ("token.created", "alice@example.org", None)]

    def test_a_token_identifier_of_another_account_shows_nothing(self, alice, bob):
        mine = token(alice)
        AuditEvent.objects.create(action="token.edited", token_id=mine.token_id, owner=bob, actor_label="bob")
        assert {event.owner for event in AuditEvent.objects.about(mine)} == {alice}


def test_deleting_an_account_takes_its_nodes_tokens_and_secrets():
    owner = UserFactory()
    NodeFactory(owner=owner)
    token(owner)
    owner.delete()
    assert not Node.objects.exists()
    assert not SecurityToken.objects.exists()
    assert not TokenSecret.objects.exists()


class TestTheInstantOfTheLastUse:
    @pytest.fixture
    def two(self, alice):
        used = [token(alice), token(alice)]
        note_use(used[0], at=AT)
        note_use(used[1], at=AT + timedelta(microseconds=1))
        return used

    def test_is_kept_to_the_microsecond(self, two):
        assert [LastUse.objects.get(token=used).at for used in two] == [AT, AT + timedelta(microseconds=1)]

    def test_is_compared(self, two):
        assert list(LastUse.objects.filter(at__gt=AT).values_list("token", flat=True)) == [two[1].pk]

    def test_is_aggregated(self, two):
        assert LastUse.objects.aggregate(latest=Max("at"))["latest"] == AT + timedelta(microseconds=1)

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite has no type for instants")
    def test_is_a_number(self, two):
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT typeof(at) FROM tokens_lastuse")
            assert cursor.fetchall() == [("integer",)]
