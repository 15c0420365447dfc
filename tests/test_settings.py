"""Settings in their own process: production needs everything, and reports everything that is missing or weak."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tokens.domain.secrets.vault import make_key

TOP = Path(__file__).parent.parent
STRONG = "a-Strong_key.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
OURS = ("PORTAL_", "DATABASE_URL", "EMAIL_", "DJANGO_")


def run(code: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the portal's settings and nothing of this process's own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {**inherited, "DJANGO_SETTINGS_MODULE": "solarnet_portal.settings", **values}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=TOP, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def production(tmp_path) -> dict[str, str]:
    """What production needs at the least."""
    return {
        "PORTAL_ENV": "production",
        "PORTAL_SECRET_KEY": STRONG,
        "PORTAL_TOKEN_KEYS": make_key(),
        "PORTAL_ALLOWED_HOSTS": "portal.example.org",
        "PORTAL_VAR": str(tmp_path),
    }


def read(name: str, **values: str) -> str:
    """Return one setting as Python writes it."""
    result = run(f"from django.conf import settings; print(repr(settings.{name}))", **values)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


READ_ALL = "from django.conf import settings; settings.DEBUG"
CHECK = """
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check", "--deploy", "--fail-level", "WARNING"])
"""


@pytest.mark.slow
class TestProduction:
    def test_it_refuses_to_start_and_lists_everything_that_is_missing(self, tmp_path):
        result = run(READ_ALL, PORTAL_ENV="production", PORTAL_VAR=str(tmp_path))
        assert result.returncode != 0
        for name in ("PORTAL_SECRET_KEY", "PORTAL_TOKEN_KEYS", "PORTAL_ALLOWED_HOSTS"):
            assert f"  - {name}: missing" in result.stderr

    def test_it_lists_everything_that_is_weak_and_shows_no_secret(self, production):
        weak = {
            "PORTAL_SECRET_KEY": "hunter2hunter2",
            "PORTAL_ALLOWED_HOSTS": "*",
            "PORTAL_DEBUG": "yes",
            "PORTAL_SIGNUP": "often",
        }
        result = run(READ_ALL, **{**production, **weak})
        assert result.returncode != 0
        assert "  - PORTAL_SECRET_KEY: weak" in result.stderr
        assert "  - PORTAL_ALLOWED_HOSTS: weak" in result.stderr
        assert "  - PORTAL_DEBUG: debugging is off in production." in result.stderr
        assert "  - PORTAL_SIGNUP is 'often'" in result.stderr
        assert "hunter2" not in result.stderr

    def test_it_takes_no_key_from_the_development_files(self, tmp_path):
        (tmp_path / "secret_key").write_text(STRONG)
        (tmp_path / "token_keys").write_text(make_key())
        result = run(READ_ALL, PORTAL_ENV="production", PORTAL_VAR=str(tmp_path), PORTAL_ALLOWED_HOSTS="portal.example.org")
        assert "PORTAL_SECRET_KEY: missing" in result.stderr
        assert "PORTAL_TOKEN_KEYS: missing" in result.stderr

    def test_keys_may_come_from_files(self, production, tmp_path):
        file = tmp_path / "key"
        file.write_text(production.pop("PORTAL_SECRET_KEY") + "\n")
        assert read("SECRET_KEY", **production, PORTAL_SECRET_KEY_FILE=str(file)) == repr(STRONG)

    def test_the_deployment_check_finds_nothing(self, production):
        result = run(CHECK, **production)
        assert result.returncode == 0, result.stderr
        assert "no issues" in result.stdout

    def test_cookies_are_bound_to_this_host_and_to_https(self, production):
        names = (
            "SESSION_COOKIE_NAME",
            "CSRF_COOKIE_NAME",
            "SESSION_COOKIE_SECURE",
            "CSRF_COOKIE_SECURE",
            "SESSION_COOKIE_HTTPONLY",
        )
        wanted = ", ".join(f"settings.{name}" for name in (*names, "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH"))
        result = run(f"from django.conf import settings; print(({wanted}))", **production)
        # A __Host- cookie has no domain and the path /; browsers refuse it otherwise.
        assert result.stdout.strip() == "('__Host-session', '__Host-csrf', True, True, True, None, '/')"

    def test_browsers_must_use_https(self, production):
        code = """
import django; django.setup()
from django.test import Client
answer = Client().get("/authorize", secure=True, headers={"host": "portal.example.org"})
print(answer.headers["Strict-Transport-Security"])
plain = Client().get("/tokens/", headers={"host": "portal.example.org"})
print(plain.status_code, plain.headers["Location"])
"""
        result = run(code, **production)
        assert result.stdout.splitlines()[:2] == [
            "max-age=31536000; includeSubDomains; preload",
            "301 https://portal.example.org/tokens/",
        ], result.stderr

    def test_invalid_keys_fail_the_check(self, production):
        production["PORTAL_TOKEN_KEYS"] = "c2hvcnQ="
        result = run(CHECK, **production)
        assert result.returncode != 0
        assert "tokens.E001" in result.stderr
        assert "c2hvcnQ=" not in result.stderr

    @pytest.mark.parametrize(
        ("proxies", "check"), [("10.0.0.300", "tokens.E002"), ("0.0.0.0/0", "tokens.E003"), ("::/0", "tokens.E003")]
    )
    def test_invalid_or_unlimited_proxies_fail_the_check(self, production, proxies, check):
        result = run(CHECK, **production, PORTAL_TRUSTED_PROXIES=proxies)
        assert result.returncode != 0
        assert check in result.stderr


@pytest.mark.slow
class TestAnyEnvironment:
    def test_an_unknown_environment_stops_the_start(self):
        assert "PORTAL_ENV is 'prod'; it must be one of development, production." in run(READ_ALL, PORTAL_ENV="prod").stderr

    def test_an_invalid_database_url_stops_the_start_and_is_not_shown(self):
        result = run(READ_ALL, DATABASE_URL="mysterious://owner:hunter2@host/name")
        assert "DATABASE_URL cannot be read" in result.stderr
        assert "hunter2" not in result.stderr.split("ImproperlyConfigured: ")[-1]

    def test_development_starts_with_nothing_set(self, tmp_path):
        assert read("SESSION_COOKIE_NAME", PORTAL_VAR=str(tmp_path)) == "'sessionid'"

    def test_development_reads_the_key_files(self, tmp_path):
        (tmp_path / "secret_key").write_text(STRONG + "\n")
        assert read("SECRET_KEY", PORTAL_VAR=str(tmp_path)) == repr(STRONG)


@pytest.mark.slow
class TestCorsOrigins:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, "(True, [])"),
            ("", "(True, [])"),
            ("*", "(True, [])"),
            ("none", "(False, [])"),
            ("https://a.example.org, http://[::1]:3000", "(False, ['https://a.example.org', 'http://[::1]:3000'])"),
        ],
    )
    def test_are_any_none_or_a_list(self, value, expected):
        values = {} if value is None else {"PORTAL_CORS_ORIGINS": value}
        code = "from django.conf import settings as s; print((s.CORS_ALLOW_ALL_ORIGINS, s.CORS_ALLOWED_ORIGINS))"
        assert run(code, **values).stdout.strip() == expected

    @pytest.mark.parametrize(
        "value",
        [
            "app.example.org",
            "https://app.example.org/",
            "https://App.example.org",
            "*,https://a.example",
            "https://*.example",
            "null",
        ],
    )
    def test_that_no_browser_sends_stop_the_start(self, value):
        result = run(READ_ALL, PORTAL_CORS_ORIGINS=value)
        assert result.returncode != 0
        assert "PORTAL_CORS_ORIGINS: write each origin as browsers send it" in result.stderr


@pytest.mark.slow
class TestServiceAddress:
    @pytest.mark.parametrize("value", ["", "https://data.example.org", "http://[::1]:8080"])
    def test_is_an_origin_or_not_known(self, value):
        code = "from django.conf import settings as s; print(s.SERVICE_URL)"
        assert run(code, PORTAL_SERVICE_URL=value).stdout.strip() == value

    def test_with_a_path_stops_the_start(self):
        result = run(READ_ALL, PORTAL_SERVICE_URL="https://data.example.org/")
        assert result.returncode != 0
        assert "PORTAL_SERVICE_URL: write scheme and host" in result.stderr


@pytest.mark.parametrize(("signup", "verification"), [("yes", "mandatory"), ("no", "optional")])
def test_who_signs_up_must_show_that_the_address_is_theirs(signup, verification):
    assert read("ACCOUNT_EMAIL_VERIFICATION", PORTAL_SIGNUP=signup) == repr(verification)
