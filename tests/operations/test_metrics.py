"""`/metrics`: what is counted, and that only those whom the settings name read it."""

import re
from urllib.request import Request, urlopen

import pytest

from tests.api.conftest import Program, program_of
from tests.factories import issue
from tests.running import running_portal
from tokens.checks import check_metrics_readers
from tokens.domain.policies.table import TokenType
from tokens.services.signed_requests.use_log import use_log

WHOAMI = "/solaruser/api/v1/sec/whoami"


@pytest.fixture
def readers(settings):
    settings.METRICS_READERS = ["127.0.0.1", "2001:db8::/32"]
    return settings


@pytest.fixture
def count(client, readers):
    """Return the value of a series as it is served, 0 if there is none."""

    def read(series: str) -> float:
        found = re.search(rf"^{re.escape(series)} (\S+)$", client.get("/metrics").content.decode(), re.MULTILINE)
        return float(found[1]) if found else 0

    return read


class TestWhoMayRead:
    def test_nobody_by_default(self, client, db):
        assert client.get("/metrics").status_code == 404

    @pytest.mark.parametrize("address", ["127.0.0.1", "2001:db8::5", "::ffff:127.0.0.1"])
    def test_who_is_named(self, client, readers, address):
        response = client.get("/metrics", REMOTE_ADDR=address)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/plain; version=0.0.4")
        assert response["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "meta",
        [
            {"REMOTE_ADDR": "192.0.2.1"},
            {"REMOTE_ADDR": ""},
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
            {"HTTP_X_REAL_IP": "127.0.0.1"},
        ],
        ids=str,
    )
    def test_nobody_else_and_nobody_through_a_proxy(self, client, db, readers, meta):
        assert client.get("/metrics", **meta).status_code == 404

    def test_it_needs_no_known_host(self, client, readers):
        readers.ALLOWED_HOSTS = ["portal.example.org"]
        assert client.get("/metrics", HTTP_HOST="10.0.0.7:8000").status_code == 200

    def test_it_is_only_read(self, client, readers):
        assert client.post("/metrics").status_code == 405


class TestWhatIsCounted:
    def test_answers_by_route_and_status(self, client, db, count):
        series = 'portal_requests_total{method="GET",route="account_login",status="200"}'
        before = count(series)
        client.get("/accounts/login/")
        assert count(series) == before + 1

    def test_an_address_that_nobody_knows_makes_no_series_of_its_own(self, client, db, count):
        series = 'portal_requests_total{method="other",route="none",status="405"}'
        before = count(series)
        for number in range(3):
            client.generic(f"X{number}", f"/nothing/{number}")
        assert count(series) == before + 3

    @pytest.mark.parametrize("is_known", [True, False])
    def test_judgements_by_outcome_and_reason(self, alice, count, is_known):
        issued = issue(alice, type=TokenType.USER)
        program = program_of(issued) if is_known else Program("Nobody", issued.value)
        series = 'portal_judged_total{outcome="allowed",reason="OK"}'
        if not is_known:
            series = 'portal_judged_total{outcome="unauthenticated",reason="UNAUTHENTICATED"}'
        before, timed = count(series), count("portal_judging_seconds_count")
        program.get(WHOAMI)
        assert (count(series), count("portal_judging_seconds_count")) == (before + 1, timed + 1)

    def test_a_refusal_by_its_rule(self, alice, count):
        program = program_of(issue(alice))
        series = 'portal_judged_total{outcome="denied",reason="type"}'
        before = count(series)
        program.get("/solaruser/api/v1/sec/user/auth-tokens")
        assert count(series) == before + 1

    @pytest.mark.django_db(transaction=True)
    def test_new_private_passwords(self, alice, count):
        series = 'portal_secrets_total{how="issued"}'
        before = count(series)
        issue(alice)
        assert count(series) == before + 1

    def test_how_long_uses_wait(self, alice, count):
        before = count("portal_use_lag_seconds_count")
        program_of(issue(alice, type=TokenType.USER)).get(WHOAMI)
        use_log.flush()
        assert count("portal_use_lag_seconds_count") == before + 1

    def test_no_token_and_no_address_is_in_it(self, alice, client, readers):
        issued = issue(alice, type=TokenType.USER)
        program_of(issued).get(WHOAMI)
        text = client.get("/metrics").content.decode()
        assert issued.token.token_id not in text
        assert "127.0.0.1" not in text


@pytest.mark.slow
def test_all_processes_of_a_server_count_together(tmp_path):
    with running_portal(tmp_path, PORTAL_METRICS_READERS="127.0.0.1", WEB_CONCURRENCY="3") as portal:
        for _ in range(30):
            with urlopen(Request(f"{portal.url}/healthz", headers={"Connection": "close"})) as response:
                response.read()
        with urlopen(f"{portal.url}/metrics") as response:
            text = response.read().decode()
    assert 'portal_requests_total{method="GET",route="none",status="200"} 30.0' in text


def test_a_reader_that_is_no_address_is_told_at_the_start(settings):
    settings.METRICS_READERS = ["prometheus.example.org"]
    assert [(found.id, "PORTAL_METRICS_READERS" in found.msg) for found in check_metrics_readers(None)] == [("tokens.E004", True)]
