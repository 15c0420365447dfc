"""`whoami` asked by somebody else than the holder who signed the request."""

import re
import shlex
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.api.conftest import BASE, REFRESH, program_of
from tests.api.test_endpoints import data_of, problem_of
from tests.api.test_whoami import WHOAMI, rotated
from tests.docs.markdown import blocks
from tests.factories import issue
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.presigned import HEADER
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services.lifecycle.rotation import Grace
from tokens.services.signed_requests.request_log import request_log

THIRD_PARTY = {"HTTP_HOST": "testserver", "REMOTE_ADDR": "198.51.100.7", "HTTP_USER_AGENT": "image-maker/1"}


def presign(program, path=WHOAMI, *, method="GET", host="testserver", at=None, more=()):
    """Return what the holder hands over: the headers that it signed, `Authorization` under its other name."""
    raw_path, _, query = path.partition("?")
    request = SignedRequest(method, raw_path, query, (("host", host), *more))
    signed = signature_headers(request, token_id=program.token_id, now=at or timezone.now(), secret=program.secret)
    named = {"authorization": HEADER}
    return {named.get(name, name): value for name, value in (*more, *signed)}


def present(headers, path=WHOAMI, method="GET", **meta):
    return Client().generic(method, path, headers=headers, **{**THIRD_PARTY, "RAW_URI": path, **meta})


def events(action):
    return AuditEvent.objects.filter(action=action)


@pytest.fixture(params=TokenType)
def holder(request, make_program):
    """A program whose token is known to nobody else; of each type."""
    return make_program(type=request.param, policy=Policy(api_paths=("/datum/**",)))


class TestAnswer:
    def test_is_the_holders(self, holder):
        asked = present(presign(holder))
        assert asked.status_code == 200
        assert asked.content == holder.get(WHOAMI).content

    def test_comes_as_often_as_it_is_asked(self, holder):
        handed = presign(holder)
        assert [present(handed).status_code for _ in range(3)] == [200, 200, 200]

    def test_comes_to_whoever_sends_one_more_header_that_the_holder_signed(self, holder):
        handed = presign(holder, more=(("x-sn-audience", "maker.example.org"),))
        assert present(handed).status_code == 200
        problem_of(present({**handed, "x-sn-audience": "other.example.org"}), 401)
        problem_of(present({name: value for name, value in handed.items() if name != "x-sn-audience"}), 401)

    def test_may_be_signed_with_the_default_port(self, holder):
        assert present(presign(holder, host="testserver:80")).status_code == 200


class TestReplays:
    """What the holder signed for one call opens no other."""

    @pytest.mark.parametrize("path", [BASE, f"{BASE}/find", REFRESH, f"{WHOAMI}/", "/solaruser/api/v1/sec/who%61mi"])
    def test_of_another_path(self, path, program):
        problem_of(present(presign(program, path), path), 401)
        problem_of(present(presign(program, path)), 401)
        problem_of(present(presign(program), path), 401)

    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE"])
    def test_of_another_method(self, method, holder):
        assert present(presign(holder, method=method), method=method).status_code == 401
        assert present(presign(holder, method=method)).status_code == 401
        assert present(presign(holder), method=method).status_code == 401

    def test_of_another_query(self, holder):
        problem_of(present(presign(holder), f"{WHOAMI}?nodeId=1"), 401)

    @pytest.mark.parametrize("host", ["portal.example.org", "testserver:8443", "testserver:443"])
    def test_of_another_host(self, host, holder):
        problem_of(present(presign(holder, host=host)), 401)

    def test_with_another_date(self, holder):
        handed = presign(holder)
        later = presign(holder, at=timezone.now() + timedelta(seconds=5))
        problem_of(present({**handed, "x-sn-date": later["x-sn-date"]}), 401)

    def test_for_another_token(self, holder, make_program):
        handed = presign(holder)
        value = handed[HEADER].replace(holder.token_id, make_program().token_id)
        problem_of(present({**handed, HEADER: value}), 401)

    def test_after_fifteen_minutes(self, holder):
        now = timezone.now().replace(microsecond=0)
        handed = presign(holder, at=now)
        with time_machine.travel(now + timedelta(minutes=14, seconds=59), tick=False):
            assert present(handed).status_code == 200
        with time_machine.travel(now + timedelta(minutes=15), tick=False):
            assert problem_of(present(handed), 403)["code"] == "REQUEST_DATE"

    def test_after_the_secret_has_been_replaced(self, alice):
        old = issue(alice)
        handed = presign(program_of(old))
        rotated(old, Grace.NONE)
        problem_of(present(handed), 401)


class TestRefusal:
    def test_is_the_uniform_401(self, holder):
        handed = presign(holder)
        wrong = {**handed, HEADER: handed[HEADER][:-64] + "0" * 64}
        unknown = {
            **handed,
            HEADER: handed[HEADER].replace(holder.token_id, "0" * 20),
        }
        expected = Client().get(WHOAMI).content
        values = ["", "Bearer x", "SNWS2 nonsense", "SNWS2 " + "x" * 9000]
        malformed = [{**handed, HEADER: value} for value in values]
        assert {present(headers).content for headers in (wrong, unknown, *malformed)} == {expected}

    @pytest.mark.parametrize("added", [{"X-SN-Note": "x"}, {"Digest": "md5=1B2M2Y8AsgTpgAmY7PhCfg=="}, {"Content-MD5": "x"}])
    def test_of_a_header_that_the_third_party_adds(self, added, holder):
        problem_of(present({**presign(holder), **added}), 401)

    def test_counts_for_the_third_partys_address(self, settings, holder):
        settings.RATE_REFUSED = 2
        with time_machine.travel(timezone.now().replace(second=30), tick=False):
            bad = presign(holder, host="elsewhere.example.org")
            assert [present(bad).status_code for _ in range(3)] == [401, 401, 429]
            assert present(bad, REMOTE_ADDR="203.0.113.9").status_code == 401

    def test_gives_the_reason_once_the_signature_is_good(self, make_program):
        disabled = make_program(disabled=True)
        assert problem_of(present(presign(disabled)), 403)["code"] == "TOKEN_DISABLED"
        unreadable = make_program()
        SecurityToken.objects.filter(token_id=unreadable.token_id).update(policy={"x": 1})
        assert problem_of(present(presign(unreadable)), 403)["code"] == "POLICY_UNREADABLE"

    def test_of_a_request_without_x_sn_date(self, holder):
        handed = presign(holder)
        problem_of(present({"Date": handed["x-sn-date"], HEADER: handed[HEADER]}), 401)


class TestOwnSignature:
    """A sender that signs for itself and carries another's pre-signed value too."""

    def test_that_leaves_the_value_unsigned_is_refused(self, program, make_program):
        value = presign(make_program())[HEADER]
        problem_of(program.get(WHOAMI, meta={"HTTP_X_SN_PRESIGNEDAUTHORIZATION": value}), 401)

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_that_signs_the_value_is_told_to_choose(self, method, program, make_program):
        more = (("x-sn-presignedauthorization", presign(make_program())[HEADER]),)
        handed = presign(program, method=method, more=more)
        handed["authorization"] = handed.pop(HEADER)
        response = present(handed, method=method)
        assert response.status_code == 422
        assert method == "HEAD" or problem_of(response, 422)["errors"][0]["field"] == HEADER

    def test_elsewhere_the_value_is_a_header_like_others(self, program):
        value = presign(program)[HEADER]
        handed = presign(program, BASE, more=(("x-sn-presignedauthorization", value),))
        handed["authorization"] = handed.pop(HEADER)
        handed["x-sn-presignedauthorization"] = value
        assert present(handed, BASE).status_code == 200


class TestTrail:
    def test_says_that_a_third_party_was_told_and_from_where(self, holder, alice):
        data_of(present(presign(holder)))
        event = events("request.handed_over").get()
        assert (event.token_id, event.owner, event.actor) == (holder.token_id, alice, None)
        assert (event.address, event.client) == ("198.51.100.7", "image-maker/1")
        assert event.actor_label == f"third party, for token {holder.token_id}"

    def test_counts_repeats_from_one_address(self, holder):
        handed = presign(holder)
        for address in ("198.51.100.7", "198.51.100.7", "203.0.113.9"):
            present(handed, REMOTE_ADDR=address)
        request_log.flush()
        counts = dict(events("request.handed_over").values_list("address", "count"))
        assert counts == {"198.51.100.7": 2, "203.0.113.9": 1}

    def test_tells_a_third_partys_refusal_from_the_holders(self, make_program):
        disabled = make_program(disabled=True)
        disabled.get(WHOAMI)
        present(presign(disabled))
        labels = list(events("request.refused").order_by("pk").values_list("actor_label", "address"))
        own, handed = (f"token {disabled.token_id}", "127.0.0.1"), (f"third party, for token {disabled.token_id}", "198.51.100.7")
        assert labels == [own, handed]

    def test_is_shown_to_the_owner(self, holder, alice_client):
        present(presign(holder))
        page = alice_client.get(f"/tokens/{holder.token_id}/").content.decode()
        assert "Identity shown to a third party" in page
        assert "198.51.100.7, image-maker/1" in page


class TestUse:
    def test_is_not_recorded(self, holder):
        present(presign(holder))
        token = SecurityToken.objects.get(token_id=holder.token_id)
        assert token.last_used_at is None
        assert TokenSecret.objects.get(token=token).first_used_at is None

    def test_of_a_new_secret_ends_no_old_one(self, alice):
        old = issue(alice)
        new = rotated(old, Grace.FIRST_USE)
        (secret,) = data_of(present(presign(new)))["oldSecrets"]
        assert (secret["endsWithFirstUse"], secret["signedThisRequest"]) == (True, False)
        assert program_of(old).get(WHOAMI).status_code == 200


def test_the_documented_example_works(holder, monkeypatch):
    heading = "A pre-signed whoami"
    for name, value in {"PORTAL_HOST": "testserver", "TOKEN": holder.token_id, "PASSWORD": holder.secret}.items():
        monkeypatch.setenv(name, value)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(blocks("docs/api.md", heading, "python")[0], {})  # as its reader would run it
    variables = dict(line.split("=", 1) for line in shlex.split(printed.getvalue()))
    (curl,) = blocks("docs/api.md", heading, "sh")
    _, url, *options = shlex.split(re.sub(r"\$(\w+)", lambda found: variables.get(found[1], "testserver"), curl))
    headers = dict(option.split(": ", 1) for option in options[1::2])
    assert options[::2] == ["-H"] * len(headers)
    assert data_of(present(headers, url.removeprefix("https://testserver")))["id"] == holder.token_id
