"""The refresh call gives signing keys of either scheme."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.conftest import BASE, REFRESH
from tokens import conf
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421 import keys as rfc9421
from tokens.domain.signing.rfc9421.signer import Signer
from tokens.domain.signing.rfc9421.signer import signature_headers as message_headers
from tokens.domain.signing.snws2 import keys as snws2
from tokens.domain.signing.snws2.signer import signature_headers as snws2_headers
from tokens.models import AuditEvent, SecurityToken

ADDRESSES = [REFRESH, REFRESH.replace("solarquery", "solaruser")]


@pytest.fixture
def path():
    """The refresh call for today."""
    return f"{REFRESH}?date={timezone.now().date()}"


@pytest.fixture
def refreshing(make_program):
    """A program whose token may refresh its keys."""
    return make_program(policy=Policy(refresh_allowed=True))


def entries(program):
    return list(AuditEvent.objects.filter(token_id=program.token_id, action="token.key_refreshed").order_by("pk"))


def answer(response):
    document = json.loads(response.content)
    assert (response.status_code, document["success"]) == (200, True), document
    return document["data"]


def problem(response):
    document = json.loads(response.content)
    assert response.status_code == 422, document
    return document["errors"][0]


class TestScheme:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_snws3_gives_the_key_for_message_signatures(self, refreshing, address):
        today = timezone.now().date()
        given = answer(refreshing.get(f"{address}?date={today}&scheme=snws3"))
        assert given == {"key": rfc9421.signing_key(refreshing.secret, today).hex()}

    @pytest.mark.parametrize("scheme", ["", "&scheme=snws2"])
    def test_snws2_is_the_default(self, refreshing, path, scheme):
        expected = snws2.signing_key(refreshing.secret, timezone.now().date()).hex()
        assert answer(refreshing.get(path + scheme)) == {"key": expected}

    def test_a_data_token_may_ask_for_either(self, make_program, path):
        data = make_program(type=TokenType.DATA, policy=Policy(refresh_allowed=True))
        keys = {answer(data.get(f"{path}&scheme={scheme}"))["key"] for scheme in ("snws2", "snws3")}
        assert len(keys) == 2

    @pytest.mark.parametrize("scheme", ["", "SNWS3", "snws1", "snws3%20", "rfc9421", "snws2&scheme=snws3"])
    def test_anything_else_is_refused_by_name(self, refreshing, path, scheme):
        assert problem(refreshing.get(f"{path}&scheme={scheme}"))["field"] == "scheme"
        assert entries(refreshing) == []

    def test_a_token_that_message_signatures_cannot_name_gets_no_key_for_them(self, refreshing, path):
        SecurityToken.objects.filter(token_id=refreshing.token_id).update(token_id="a:b")
        row = SecurityToken.objects.get(token_id="a:b")
        # Sealed anew, because a sealed secret is bound to its token's identifier.
        row.secrets.update(sealed=conf.get_vault().seal(refreshing.secret, token_id=row.token_id))
        refreshing.token_id = "a:b"
        assert problem(refreshing.get(f"{path}&scheme=snws3"))["field"] == "scheme"
        assert answer(refreshing.get(f"{path}&scheme=snws2"))

    def test_it_needs_the_grant_too(self, program, path):
        assert program.get(f"{path}&scheme=snws3").status_code == 403


class TestSigning:
    def send(self, program, key, kind, now):
        """List the account's tokens with nothing but a signing key."""
        request = SignedRequest("GET", BASE, headers=(("host", "testserver"),))
        if kind == "snws3":
            added = message_headers(request, Signer.of_key(program.token_id, key, now.date()), now=now)
        else:
            added = snws2_headers(request, token_id=program.token_id, now=now, key=key)
        return Client().get(BASE, headers={"host": "testserver", **dict(added)}).status_code

    @pytest.mark.parametrize(
        ("given", "signed", "status"),
        [("snws2", "snws2", 200), ("snws3", "snws3", 200), ("snws2", "snws3", 401), ("snws3", "snws2", 401)],
    )
    def test_a_key_signs_in_its_own_scheme_alone(self, refreshing, path, given, signed, status):
        key = bytes.fromhex(answer(refreshing.get(f"{path}&scheme={given}"))["key"])
        assert self.send(refreshing, key, signed, timezone.now()) == status


class TestAudit:
    def test_an_entry_says_which_kind(self, refreshing, path):
        for scheme in ("snws2", "snws3", "snws3"):
            answer(refreshing.get(f"{path}&scheme={scheme}"))
        today = str(timezone.now().date())
        assert [(entry.detail, entry.count) for entry in entries(refreshing)] == [
            ({"date": today, "scheme": "snws2"}, 1),
            ({"date": today, "scheme": "snws3"}, 2),
        ]

    def test_the_key_is_not_in_it(self, refreshing, path):
        key = answer(refreshing.get(f"{path}&scheme=snws3"))["key"]
        (entry,) = entries(refreshing)
        assert key not in str(vars(entry))
