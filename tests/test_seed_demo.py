"""`manage.py seed_demo`: a token in every state, once."""

import io
import re
import stat

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from tokens.domain.policies.table import RESTRICTIONS
from tokens.management.commands.seed_demo import DEMO_EMAIL
from tokens.models import AuditEvent, Node, SecurityToken, TokenSecret, UseDay

pytestmark = pytest.mark.django_db


@pytest.fixture
def seed(settings, tmp_path):
    """Run the command; returns what it printed."""
    settings.VAR_DIR = tmp_path

    def run() -> str:
        out = io.StringIO()
        call_command("seed_demo", stdout=out)
        return out.getvalue()

    return run


def everything() -> dict[str, list]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in (User, Node, SecurityToken, AuditEvent)}


def test_there_is_a_token_in_every_state(seed):
    seed()
    now = timezone.now()
    tokens = list(SecurityToken.objects.all())
    assert {token.state(now) for token in tokens} == {"Active", "Disabled", "Expired"}
    active = [token for token in tokens if token.state(now) == "Active"]
    assert any(token.policy == {} for token in active), "unrestricted"
    assert any(set(token.policy) == {row.json_key for row in RESTRICTIONS} for token in active), "every policy set"
    assert [str(token.ending(now)) for token in active if token.ending(now)] == ["in 3 days"], "expires soon"
    assert any(token.last_used_at is None for token in active), "never used"
    assert any(token.last_used_at is not None for token in active), "used"
    assert {token.type for token in tokens} == {"User", "ReadNodeData"}
    assert any(not token.name for token in tokens), "nameless"


def test_the_account_has_three_nodes(seed):
    seed()
    assert Node.objects.filter(owner__email=DEMO_EMAIL).count() == 3


def test_times_are_plausible(seed):
    seed()
    now = timezone.now()
    for token in SecurityToken.objects.all():
        assert token.created_at < now
        if token.last_used_at:
            assert token.created_at < token.last_used_at < now
            assert not token.is_expired(token.last_used_at)


def test_the_printed_password_signs_in(seed, client, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    printed = seed()
    password = re.search(r"Password: (\S+)", printed)[1]
    assert DEMO_EMAIL in printed
    assert User.objects.get(email=DEMO_EMAIL).check_password(password)
    assert client.login(email=DEMO_EMAIL, password=password)


def test_the_password_is_kept_for_its_owner_alone(seed, tmp_path):
    seed()
    assert stat.S_IMODE((tmp_path / "demo_password").stat().st_mode) == 0o600


def test_a_second_run_changes_nothing_and_prints_the_same(seed):
    printed = seed()
    before = everything()
    assert seed() in printed
    assert everything() == before


def test_what_the_owner_deleted_stays_deleted(seed):
    seed()
    SecurityToken.objects.all().delete()
    seed()
    assert not SecurityToken.objects.exists()


def test_a_lost_database_gets_the_same_password_again(seed, tmp_path):
    (tmp_path / "demo_password").write_text("kept-from-before\n")
    assert "kept-from-before" in seed()
    assert User.objects.get(email=DEMO_EMAIL).check_password("kept-from-before")


def test_a_lost_password_file_is_reported(seed, tmp_path):
    seed()
    (tmp_path / "demo_password").unlink()
    assert "changepassword" in seed()


def test_no_secret_is_printed_or_kept_in_the_trail(seed):
    assert "snts_" not in seed()
    assert not any("snts_" in str(event.detail) for event in AuditEvent.objects.all())


def test_it_is_refused_in_production(seed, settings):
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="not created in production"):
        seed()
    assert not User.objects.exists()


def test_sixty_days_of_use_refusals_and_a_rotation_under_way_can_be_seen(seed):
    seed()
    days = UseDay.objects.filter(token__name="Public dashboard")
    assert days.count() == 60
    assert sum(day.allowed for day in days) > 60 * 50
    assert AuditEvent.objects.filter(action="request.refused").exists()
    assert TokenSecret.objects.filter(token__name="Node provisioning").count() == 2
