"""A signed request that may change something is taken once (SPEC, "Promises")."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.api.conftest import BASE, program_of
from tests.concurrency import at_the_same_instant
from tests.factories import issue
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers
from tokens.models import AuditEvent, SecurityToken, TakenRequest
from tokens.services.signed_requests import replays

GENERATE = f"{BASE}/generate/User"


class Recorded:
    """A request that somebody has recorded: its signature stays what it is, whenever and from wherever it is sent."""

    def __init__(self, issued, method="POST", path=GENERATE):
        self.method, self.path = method, path
        raw_path, _, query = path.partition("?")
        request = SignedRequest(method, raw_path, query, (("host", "testserver"),), b"")
        self.signed = signature_headers(request, token_id=issued.token.token_id, now=timezone.now(), secret=issued.value)

    def send(self, address="192.0.2.1"):
        extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.signed}
        return Client().generic(self.method, self.path, b"", REMOTE_ADDR=address, HTTP_HOST="testserver", **extra)


@pytest.fixture
def issued(alice):
    return issue(alice, type=TokenType.USER)


@pytest.fixture
def recorded(issued):
    return Recorded(issued)


def let_pass(seconds):
    """Let what was taken have been taken so long ago."""
    for taken in TakenRequest.objects.all():
        taken.at -= timedelta(seconds=seconds)
        taken.save()


class TestChanges:
    def test_one_from_another_address_is_refused_at_once(self, recorded):
        assert recorded.send().status_code == 200
        response = recorded.send("198.51.100.9")
        assert response.status_code == 409
        assert response.json()["code"] == "REPLAYED"
        assert "Sign it again" in response.json()["message"]
        assert SecurityToken.objects.count() == 2

    @pytest.mark.parametrize(("seconds", "status"), [(1, 200), (3, 409), (600, 409)])
    def test_the_same_address_may_send_an_equal_one_within_two_seconds(self, recorded, seconds, status):
        recorded.send()
        let_pass(seconds)
        assert recorded.send().status_code == status

    def test_ten_in_a_row_from_one_program_are_ten_tokens(self, issued):
        assert [program_of(issued).post(GENERATE).status_code for _ in range(10)] == [200] * 10
        assert SecurityToken.objects.count() == 11

    def test_the_time_counts_from_the_first(self, recorded):
        recorded.send()
        let_pass(1.5)
        recorded.send()
        let_pass(1.5)
        assert recorded.send().status_code == 409

    def test_it_is_in_the_audit_trail(self, recorded, issued):
        recorded.send()
        recorded.send("198.51.100.9")
        entry = AuditEvent.objects.get(action="request.refused")
        assert entry.detail["code"] == "REPLAYED"
        assert entry.address == "198.51.100.9"

    def test_a_refused_one_is_not_taken(self, issued, settings):
        settings.RATE_CHANGES = 600
        locked = issue(issued.token.owner, type=TokenType.USER, disabled=True)
        recorded = Recorded(locked)
        assert recorded.send().status_code == 403
        assert not TakenRequest.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_of_ten_at_the_same_instant_from_ten_addresses_one_is_taken(self, recorded):
        addresses = iter([f"192.0.2.{number}" for number in range(10)])
        statuses = at_the_same_instant(10, lambda: recorded.send(next(addresses)).status_code)
        assert sorted(statuses) == [200] + [409] * 9
        assert SecurityToken.objects.count() == 2


class TestReading:
    def test_is_not_guarded(self, issued):
        recorded = Recorded(issued, "GET", BASE)
        assert [recorded.send(f"192.0.2.{number}").status_code for number in range(3)] == [200] * 3
        assert not TakenRequest.objects.exists()

    def test_is_guarded_if_a_setting_says_so(self, issued, settings):
        settings.REFUSE_REPLAYS = "all"
        recorded = Recorded(issued, "GET", BASE)
        assert [recorded.send(f"192.0.2.{number}").status_code for number in range(2)] == [200, 409]


class TestGateway:
    def ask(self, recorded, address):
        extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in recorded.signed}
        forwarded = {"METHOD": recorded.method, "HOST": "testserver", "URI": recorded.path, "FOR": address}
        headers = {f"HTTP_X_FORWARDED_{name}": value for name, value in forwarded.items()}
        return Client().get("/authorize", **extra, **headers, HTTP_X_ORIGINAL_CONTENT_LENGTH="0")

    @pytest.fixture(autouse=True)
    def _trusts(self, settings):
        settings.TRUSTED_PROXIES = ["127.0.0.1"]

    def test_refuses_with_a_status_that_every_proxy_takes(self, issued):
        recorded = Recorded(issued, "POST", "/solaruser/api/v1/sec/instr/add?nodeId=101&topic=X")
        assert self.ask(recorded, "192.0.2.1").status_code == 200
        response = self.ask(recorded, "198.51.100.9")
        assert response.status_code == 403
        assert response.json()["code"] == "REPLAYED"


class TestStore:
    def test_what_nobody_would_accept_any_more_is_dropped(self, db):
        now = timezone.now()
        for minutes in (29, 31, 40):
            TakenRequest.objects.create(mark=str(minutes), at=now - timedelta(minutes=minutes))
        assert replays.drop_old(now) == 2
        assert TakenRequest.objects.get().mark == "29"

    def test_a_bounded_number_is_dropped_at_a_time(self, db):
        long_ago = timezone.now() - timedelta(days=1)
        TakenRequest.objects.bulk_create(TakenRequest(mark=str(number), at=long_ago) for number in range(501))
        assert [replays.drop_old(timezone.now()) for _ in range(3)] == [500, 1, 0]

    def test_nothing_of_the_signature_is_kept(self, recorded):
        recorded.send()
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM tokens_takenrequest")
            row = str(cursor.fetchall())
        assert not any(value[-20:] in row for _, value in recorded.signed)
