"""What operators see of a running portal: probes, headers, logs, and what is wrong with its keys or disk."""

import datetime
import logging
import os
import sqlite3
import stat
from contextlib import closing

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler
from django.test import Client
from gunicorn.config import Config

from solarnet_portal import cli
from solarnet_portal.operations import health
from solarnet_portal.operations.access_log import SecretFreeLogger
from tests.api.conftest import program_of
from tests.factories import issue
from tokens.checks import check_file_modes
from tokens.conf import KeysUnusable
from tokens.domain.policies.policy import Policy
from tokens.domain.secrets.credentials import make_secret
from tokens.domain.secrets.vault import make_key
from tokens.models import AuditEvent, SecurityToken
from tokens.services.keys import find_key_problem
from tokens.web.unavailable import find_outage

FILES = ("portal.sqlite3", "portal.sqlite3-wal", "secret_key", "token_keys")


@pytest.fixture(autouse=True)
def _looks_each_time(monkeypatch):
    monkeypatch.setattr(health, "LASTS_SECONDS", -1)


class TestProbes:
    def test_the_process_answers_without_a_database(self, client):
        assert client.get("/healthz").json() == {"alive": True}

    def test_everything_is_there(self, client, db):
        response = client.get("/readyz")
        assert response.status_code == 200
        checks = {"database": True, "migrations": True, "keys": True, "cache": True}
        assert response.json() == {"ready": True, "checks": checks}

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_a_probe_needs_no_name_and_no_https(self, client, db, settings, path):
        settings.ALLOWED_HOSTS = ["portal.example.org"]
        settings.SECURE_SSL_REDIRECT = True
        response = client.get(path, HTTP_HOST="10.0.0.7:8000")
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_it_is_asked_only(self, client, path):
        assert client.post(path).status_code == 405

    def test_a_database_that_is_away_is_told_and_no_500(self, client, db, monkeypatch):
        def fail():
            raise OperationalError("could not connect to server: secret-host")

        monkeypatch.setitem(health._CHECKS, "database", fail)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["database"] is False
        assert "secret-host" not in response.content.decode()

    def test_a_migration_that_is_not_applied_is_told(self, client, db):
        MigrationRecorder.Migration.objects.filter(app="tokens").latest("pk").delete()
        assert client.get("/readyz").json()["checks"]["migrations"] is False

    def test_a_cache_that_keeps_nothing_is_told(self, client, db, monkeypatch):
        monkeypatch.setattr(cache, "set", lambda *_, **__: None)
        cache.delete("readyz")
        assert client.get("/readyz").json()["checks"]["cache"] is False

    def test_a_flood_of_questions_is_answered_by_one_look(self, client, db, monkeypatch, django_assert_num_queries):
        client.get("/readyz")
        monkeypatch.setattr(health, "LASTS_SECONDS", 60)
        with django_assert_num_queries(0):
            assert client.get("/readyz").status_code == 200


class TestKeys:
    def test_the_wrong_ring_is_not_ready(self, client, alice, settings):
        issue(alice)
        settings.TOKEN_KEYS = make_key()
        assert client.get("/readyz").json()["checks"]["keys"] is False
        assert "PORTAL_TOKEN_KEYS" in find_key_problem()

    def test_a_missing_ring_is_not_ready(self, client, db, settings):
        settings.TOKEN_KEYS = ""
        assert client.get("/readyz").json()["checks"]["keys"] is False

    def test_a_new_key_in_front_is(self, client, alice, settings):
        issue(alice)
        settings.TOKEN_KEYS = f"{make_key()},{settings.TOKEN_KEYS}"
        assert client.get("/readyz").status_code == 200

    def test_an_empty_database_takes_any_ring(self, db, settings):
        settings.TOKEN_KEYS = make_key()
        assert find_key_problem() == ""

    def test_nothing_is_sealed_with_a_ring_that_opens_nothing(self, alice, settings):
        issue(alice)
        right = settings.TOKEN_KEYS
        settings.TOKEN_KEYS = make_key()
        with pytest.raises(KeysUnusable):
            issue(alice)
        assert SecurityToken.objects.count() == 1
        settings.TOKEN_KEYS = right
        issue(alice)

    @pytest.mark.parametrize("ring", ["", "another"])
    def test_the_owner_is_told_and_nothing_is_half_done(self, alice_client, alice, settings, ring):
        issue(alice)
        settings.TOKEN_KEYS = make_key() if ring else ""
        response = alice_client.post("/tokens/new/user/", {"name": "New"})
        assert response.status_code == 503
        assert "The keys that seal private passwords are missing or wrong." in response.content.decode()
        assert not SecurityToken.objects.filter(name="New").exists()

    def test_production_refuses_to_start_with_the_wrong_ring(self, alice, settings, monkeypatch):
        from solarnet_portal import wsgi

        issue(alice)
        settings.IS_PRODUCTION = True
        monkeypatch.setattr(connection, "close", lambda: None)
        wsgi._check_keys()
        settings.TOKEN_KEYS = make_key()
        with pytest.raises(ImproperlyConfigured, match="None of the keys"):
            wsgi._check_keys()


class TestOutages:
    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (OperationalError("database is locked"), "not responding"),
            (OperationalError("database or disk is full"), "no room left"),
            (OperationalError("could not extend file: No space left on device"), "no room left"),
            (OperationalError("attempt to write a readonly database"), "only be read"),
        ],
    )
    def test_each_is_told_as_what_it_is(self, error, words):
        assert words in find_outage(error).page

    @pytest.mark.parametrize("error", [ValueError("x"), DatabaseError("syntax error"), None])
    def test_any_other_error_is_none(self, error):
        assert find_outage(error) is None

    def test_sqlite_says_it_in_these_words(self, tmp_path):
        with closing(sqlite3.connect(tmp_path / "x.sqlite3")) as database:
            database.execute("CREATE TABLE a (b)")
            database.execute("PRAGMA max_page_count = 2")
            with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
                database.execute("INSERT INTO a VALUES (zeroblob(100000))")


class TestHeaders:
    @pytest.mark.parametrize("path", ["/accounts/login/", "/tokens/", "/nothing-here", "/solaruser/api/v1/sec/whoami"])
    def test_every_answer_has_them(self, client, db, path):
        response = client.get(path)
        assert "camera=()" in response["Permissions-Policy"]
        assert "publickey-credentials-get=(self)" in response["Permissions-Policy"]
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"

    def test_the_server_s_program_is_not_named(self):
        import solarnet_portal.gunicorn

        assert solarnet_portal.gunicorn.gunicorn.http.wsgi.SERVER == "SolarNet Portal"

    @pytest.mark.parametrize(
        ("host", "status"), [("testserver:65535", 302), ("testserver:65536", 400), ("testserver:99999", 400)]
    )
    def test_a_port_that_there_is_not_is_refused(self, client, db, host, status):
        assert client.get("/tokens/", HTTP_HOST=host).status_code == status

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "MOVE"])
    @pytest.mark.parametrize("path", ["/tokens/", "/accounts/login/", "/tokens/new/user/"])
    def test_a_method_that_no_page_has_is_a_405(self, db, method, path):
        browser = Client(enforce_csrf_checks=True)
        response = browser.generic(method, path)
        assert response.status_code == 405
        assert "GET" in response["Allow"]


class TestLogs:
    def test_a_prefetch_of_the_one_time_page_is_no_error(self, alice_client, caplog):
        page = alice_client.post("/tokens/new/user/", {"name": "New"})["Location"]
        caplog.clear()
        assert alice_client.get(page, HTTP_SEC_PURPOSE="prefetch").status_code == 503
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

    def test_the_level_holds_for_django_s_own_records_too(self, client, settings):
        config = settings.LOGGING
        assert config["handlers"]["console"]["level"] == config["root"]["level"]

    def test_the_access_log_has_no_private_password(self):
        secret = make_secret()

        class Response:
            status, sent, headers = "200 OK", 5, []

        class Request:
            headers = [("REFERER", f"https://x/?{secret}")]

        environ = {"RAW_URI": f"/tokens/?q={secret}", "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1"}
        environ |= {"PATH_INFO": "/tokens/", "QUERY_STRING": f"q={secret}"}
        log = SecretFreeLogger(Config())
        atoms = log.atoms(Response(), Request(), environ, datetime.timedelta(seconds=1))
        assert secret not in str(atoms)

    def test_a_private_password_sent_as_a_value_is_not_in_the_audit_trail(self, alice):
        secret = make_secret()
        program = program_of(issue(alice, policy=Policy(source_ids=("/a",))))
        program.get(f"/solarquery/api/v1/sec/datum/list?nodeId=101&sourceId={secret}")
        program.get(f"/solarquery/api/v1/sec/{secret}")
        stored = str(list(AuditEvent.objects.values()))
        assert "request.refused" in stored
        assert secret not in stored


class TestFolder:
    @pytest.fixture(autouse=True)
    def _mask(self):
        before = os.umask(0o022)
        yield
        os.umask(before)

    @pytest.fixture
    def var(self, tmp_path):
        """A folder that was there before, with files that everyone reads."""
        var = tmp_path / "var"
        var.mkdir(mode=0o755)
        for name in FILES:
            (var / name).touch(mode=0o644)
        return var

    def test_only_the_portal_s_user_reads_what_is_in_it(self, var):
        cli._make_folder(var)
        (var / "later").touch()
        assert {stat.S_IMODE((var / name).stat().st_mode) for name in (*FILES, "later")} == {0o600}

    def test_a_database_that_is_made_is_its_owner_s_alone_whatever_the_mask(self, tmp_path, db):
        path = tmp_path / "new.sqlite3"
        connection = ConnectionHandler({"default": {"ENGINE": "solarnet_portal.operations.sqlite3", "NAME": path}})["default"]
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.execute("CREATE TABLE kept (number INTEGER)")
            modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("new.sqlite3*")}
        finally:
            connection.close()
        assert modes == {0o600}

    def test_what_others_can_read_is_reported(self, var, settings, monkeypatch):
        settings.VAR_DIR = var
        monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(var / "portal.sqlite3"))
        assert [found.id for found in check_file_modes(None)] == ["tokens.W002"] * 3
        cli._make_folder(var)
        assert check_file_modes(None) == []
