"""`manage.py seed_load`: rows to measure with, unlike each other and as the portal itself would make them."""

import io
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from tests.factories import UserFactory, issue
from tokens.domain.policies.policy import check_applicable
from tokens.management.load import DOMAIN, plan_accounts, settle
from tokens.models import AuditEvent, LastUse, Node, SecurityToken, TokenSecret

pytestmark = pytest.mark.django_db
TOKENS = 400


@pytest.fixture
def seed(settings):
    """Run the command; returns what it printed."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def run(**options: object) -> str:
        out = io.StringIO()
        call_command("seed_load", tokens=TOKENS, stdout=out, **options)
        return out.getvalue()

    return run


def test_there_are_as_many_tokens_as_were_asked_for_each_with_a_secret_and_an_entry(seed):
    seed()
    counts = {model: model.objects.count() for model in (SecurityToken, TokenSecret, AuditEvent)}
    assert counts == dict.fromkeys(counts, TOKENS)


def test_the_accounts_have_their_sizes(seed):
    seed()
    sizes = {user.email: user.tokens.count() for user in User.objects.all()}
    assert sizes[f"ten{DOMAIN}"] == 10
    assert sum(sizes.values()) == TOKENS
    assert max(sizes.values()) == 100


def test_a_million_makes_the_three_accounts_that_are_measured():
    plans = list(plan_accounts(1_000_000))
    assert [plan.tokens for plan in plans if plan.is_named] == [10, 1_000, 100_000]
    assert sum(plan.tokens for plan in plans) == 1_000_000


def test_every_policy_is_one_that_its_token_may_carry(seed):
    seed()
    for token in SecurityToken.objects.select_related("owner"):
        policy = token.read_policy()
        assert policy is not None
        check_applicable(policy, token.token_type)
        assert set(policy.node_ids or ()) <= set(Node.objects.filter(owner=token.owner).values_list("node_id", flat=True))


def test_there_is_a_token_of_every_kind(seed):
    seed()
    now = timezone.now()
    tokens = SecurityToken.objects.select_related("stored_use")
    assert {token.state(now) for token in tokens} == {"Active", "Disabled", "Expired"}
    assert any(token.ending(now) for token in tokens), "expires soon"
    assert any(not token.policy for token in tokens), "unrestricted"
    assert any(not token.name for token in tokens), "nameless"
    assert any(token.last_used_at is None for token in tokens), "never used"
    assert all(token.created_at < use.at < now for token in tokens if (use := token.last_use))


def test_most_policies_are_unlike_each_other(seed):
    seed()
    policies = [str(token.policy) for token in SecurityToken.objects.all() if token.policy]
    assert len(set(policies)) > 0.9 * len(policies)


def test_the_printed_password_signs_in(seed, client):
    printed = seed()
    password = re.search(r"Password: (\S+)", printed)[1]
    assert client.login(email=f"ten{DOMAIN}", password=password)


def test_nobody_can_sign_in_to_the_other_accounts(seed):
    seed()
    others = User.objects.exclude(email=f"ten{DOMAIN}")
    assert others
    assert not any(user.has_usable_password() for user in others)


def test_tokens_can_be_created_after_it(seed):
    seed()
    before = set(SecurityToken.objects.values_list("pk", flat=True))
    made = issue(User.objects.get(email=f"ten{DOMAIN}")).token
    assert made.pk not in before


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has nothing to be vacuumed")
def test_postgresql_is_vacuumed_so_that_indexes_answer_alone():
    # What it marks as visible to all depends on what others have open.
    with CaptureQueriesContext(connection) as captured:
        settle()
    assert [query["sql"] for query in captured] == ["VACUUM ANALYZE"]


def test_it_is_refused_in_production(seed, settings):
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        seed()
    assert not User.objects.exists()


def test_it_is_refused_beside_the_accounts_of_others(seed):
    UserFactory()
    with pytest.raises(CommandError, match="--beside"):
        seed()
    assert not SecurityToken.objects.exists()


def test_it_runs_beside_the_accounts_of_others_if_told_so(seed):
    mine = issue(UserFactory()).token
    seed(beside=True)
    assert SecurityToken.objects.filter(pk=mine.pk).exists()
    assert SecurityToken.objects.count() == TOKENS + 1


def test_it_is_refused_where_it_has_run(seed):
    seed()
    with pytest.raises(CommandError, match="already"):
        seed(beside=True)
    assert SecurityToken.objects.count() == TOKENS


def test_without_a_key_nothing_is_stored(seed, settings):
    settings.TOKEN_KEYS = ""
    with pytest.raises(ImproperlyConfigured):
        seed()
    assert not User.objects.exists()
    assert not LastUse.objects.exists()
