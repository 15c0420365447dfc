# ruff: noqa: A001, A002 -- the API says "type"
"""Which requests the API authenticates, and how it rejects the others."""

import io
import json
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import BASE, REFRESH, expired, in_an_hour, program_of
from tests.api.test_endpoints import data_of, problem_of
from tests.factories import issue
from tokens import conf
from tokens.api.endpoints import api
from tokens.api.responses import SERVED
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.http_dates import parse_http_date
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services.signed_requests import judging as judging


class TestStrangers:
    def test_get_the_same_401_whatever_failed(self, program, make_program):
        wrong = make_program()
        wrong.secret = program.secret
        unknown = make_program()
        unknown.token_id = "0" * 20
        responses = [
            Client().get(BASE),
            Client().get(BASE, headers={"authorization": "SNWS2 nonsense"}),
            Client().get(BASE, headers={"authorization": "Basic YTpi"}),
            Client().get(f"{BASE}/no/such/call"),
            Client().delete(f"{BASE}/find"),
            wrong.get(),
            unknown.get(),
            program.get(meta={"HTTP_X_SN_NODE_IDS": "1"}),
        ]
        assert {response.status_code for response in responses} == {401}
        assert {response["WWW-Authenticate"] for response in responses} == {"SNWS2"}
        assert len({response.content for response in responses}) == 1
        assert {response["Cache-Control"] for response in responses} == {"no-store"}

    @pytest.mark.parametrize(
        "path", ["solarquery/api/v1/sec/datum/list", "solarin/api/v1/sec/datum", "solarin/x", "solarquery/x"]
    )
    def test_get_it_for_data_calls_too(self, path):
        response = Client().get(f"/{path}")
        assert (response.status_code, response.content) == (401, Client().get(BASE).content)

    @pytest.mark.parametrize("service", ["solarquery", "solaruser", "solarin"])
    def test_that_ask_for_public_data_learn_where_it_is(self, service, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            response = Client().get(f"/{service}/api/v1/pub/datum/list")
        assert "behind the gateway" in problem_of(response, 404)["message"]
        assert response["Cache-Control"] == "no-store"

    def test_with_a_bad_signature_and_an_unknown_token_get_equal_headers(self, program, make_program):
        wrong, unknown = make_program(), make_program()
        wrong.secret = program.secret
        unknown.token_id = "0" * 20
        assert dict(wrong.get().items()) == dict(unknown.get().items())
        assert "X-SN-ErrorMessage" not in wrong.get()

    @pytest.mark.parametrize(
        ("method", "uri", "body", "covered"),
        [
            ("GET", BASE, b"", ""),
            ("GET", f"{BASE}/find?active=true", b"", ' "@query"'),
            ("POST", f"{BASE}/generate/User", b"{}", ' "content-digest" "content-type"'),
        ],
    )
    def test_learn_what_a_message_signature_must_cover(self, method, uri, body, covered):
        response = Client().generic(method, uri, body, "application/json" if body else "")
        assert problem_of(response, 401)
        expected = f'sn=("@method" "@authority" "@path"{covered});created;keyid;tag="solarnetwork"'
        assert response["Accept-Signature"] == expected

    def test_learn_it_even_if_the_request_cannot_be_read(self):
        response = Client().get(f"{BASE}?a=1", RAW_URI="/elsewhere?a=1", HTTP_X_SN_DATE="x")
        assert problem_of(response, 401)
        assert '("@method" "@authority" "@path" "@query" "x-sn-date")' in response["Accept-Signature"]

    def test_a_browser_session_is_ignored(self, alice_client):
        for client in (alice_client, Client(enforce_csrf_checks=True)):
            assert client.get(BASE).status_code == 401
            assert client.post(f"{BASE}/generate/User").status_code == 401
        assert SecurityToken.objects.count() == 0

    def test_a_program_needs_no_csrf_token(self, program):
        assert program.post(f"{BASE}/generate/User", client=Client(enforce_csrf_checks=True)).status_code == 200

    def test_a_data_token_gets_the_reason(self, make_program):
        data = make_program(type=TokenType.DATA)
        assert problem_of(data.get(), 403)["rule"] == "type"
        problem = problem_of(data.post(f"{BASE}/generate/User"), 403)
        assert (problem["code"], problem["rule"], problem["value"]) == ("TYPE_NOT_ALLOWED", "type", "POST")

    def test_are_slowed_down_after_so_many_failures(self, settings, program):
        settings.RATE_REFUSED = 3
        with time_machine.travel(timezone.now().replace(second=30), tick=False):
            statuses = [Client().get(BASE).status_code for _ in range(5)]
            assert statuses == [401, 401, 401, 429, 429]
            response = Client().get(BASE)
            assert problem_of(response, 429)["code"] == "TOO_MANY_REQUESTS"
            assert response["Retry-After"] == "30"
            assert Client().get(BASE, REMOTE_ADDR="192.0.2.7").status_code == 401
            assert program.get().status_code == 200

    def test_of_one_ipv6_network_are_counted_together(self, settings):
        settings.RATE_REFUSED = 1
        with time_machine.travel(timezone.now().replace(second=1), tick=False):
            assert Client().get(BASE, REMOTE_ADDR="2001:db8::1").status_code == 401
            assert Client().get(BASE, REMOTE_ADDR="2001:db8::2").status_code == 429
            assert Client().get(BASE, REMOTE_ADDR="2001:db8:0:1::1").status_code == 401


class TestHolders:
    def test_get_404_and_405_in_the_envelope(self, program):
        assert problem_of(program.get("/solaruser/api/v1/sec/nodes"), 404)["code"] == "NOT_FOUND"
        assert problem_of(program.get("/solarquery/"), 404)
        response = program.send("DELETE", f"{BASE}/find")
        assert problem_of(response, 405)["code"] == "METHOD_NOT_ALLOWED"
        assert response["Allow"] == "GET"

    @pytest.mark.parametrize(
        "path",
        [
            "/solarquery/api/v1/sec/datum/list?nodeId=101",
            "/solarquery/api/v1/pub/datum/list?nodeId=101",
            "/solaruser/api/v1/sec/nodes",
            "/solarin/api/v1/sec/datum",
        ],
    )
    def test_that_ask_for_data_are_told_where_it_is_and_what_the_portal_serves(self, path, program):
        message = problem_of(program.get(path), 404)["message"]
        assert "behind the gateway" in message
        assert all(served in message for served in SERVED)

    def test_are_told_of_no_address_that_is_not_served(self):
        assert set(SERVED) <= set(api.get_openapi_schema(path_prefix="")["paths"])

    def test_with_a_data_token_learn_that_data_is_elsewhere_only_within_their_policy(self, make_program):
        data = make_program(type=TokenType.DATA, policy=Policy(node_ids=(101,)))
        assert "gateway" in problem_of(data.get("/solarquery/api/v1/sec/datum/list?nodeId=101"), 404)["message"]
        assert problem_of(data.get("/solarquery/api/v1/sec/datum/list?nodeId=102"), 403)["code"] == "DATA_NOT_ALLOWED"
        assert problem_of(data.post("/solarin/api/v1/sec/datum", {}), 403)["code"] == "TYPE_NOT_ALLOWED"

    def test_can_send_head(self, program):
        get, head = program.get(), program.send("HEAD", BASE)
        assert (head.status_code, head.content) == (200, b"")
        assert head["Content-Length"] == str(len(get.content))

    def test_get_the_tokens_expiry_with_every_response(self, make_program, alice):
        ends = in_an_hour()
        program = make_program(policy=Policy(not_after=ends))
        for response in (
            program.get(),
            program.get("/solaruser/x"),
            program.send("PUT", f"{BASE}/x", {}),
            program.post(f"{BASE}/x"),
        ):
            assert parse_http_date(response["X-SN-Token-Expires"]).timestamp() == ends // 1000
        response = program_of(expired(alice, type=TokenType.USER)).get()
        assert problem_of(response, 403)["code"] == "TOKEN_EXPIRED"
        assert "X-SN-Token-Expires" in response
        assert "X-SN-Token-Expires" not in make_program().get()

    def test_may_be_off_by_14_59_but_not_by_15_00(self, program):
        now = timezone.now().replace(microsecond=0)
        with time_machine.travel(now, tick=False):
            for sign in (1, -1):
                assert program.get(now=now + sign * timedelta(minutes=14, seconds=59)).status_code == 200
                problem = problem_of(program.get(now=now + sign * timedelta(minutes=15)), 403)
                assert (problem["code"], problem["rule"]) == ("REQUEST_DATE", "date")

    def test_of_an_inactive_account_get_the_reason(self, program, alice):
        alice.is_active = False
        alice.save()
        assert problem_of(program.get(), 403)["code"] == "ACCOUNT_INACTIVE"

    def test_get_what_decided_and_so_does_the_owner(self, make_program):
        program = make_program(policy=Policy(api_paths=("/user/auth-tokens/find", "!/user/auth-tokens/find")))
        problem = problem_of(program.get(f"{BASE}/find"), 403)
        decided = {key: problem[key] for key in ("rule", "entry", "value")}
        assert decided == {"rule": "apiPaths", "entry": "!/user/auth-tokens/find", "value": "/user/auth-tokens/find"}
        event = AuditEvent.objects.get(token_id=program.token_id, action="request.refused")
        assert decided.items() <= event.detail.items()

    def test_get_the_reason_in_a_header_too(self, make_program):
        response = make_program(policy=Policy(api_paths=("/größe/**",))).get()
        assert unquote(response["X-SN-ErrorMessage"]) == problem_of(response, 403)["message"]
        assert response["X-SN-ErrorMessage"].isascii()

    def test_that_write_too_often_are_slowed_down(self, settings, program, make_program):
        settings.RATE_CHANGES = 2
        other = make_program()
        with time_machine.travel(timezone.now().replace(second=10), tick=False):
            assert program.post(f"{BASE}/generate/User").status_code == 200
            assert other.post(f"{BASE}/generate/User").status_code == 200
            response = program.post(f"{BASE}/generate/User")
            problem_of(response, 429)
            assert response["Retry-After"] == "50"
            assert program.get().status_code == 200


class TestBodies:
    def test_over_1_mb_are_rejected_unread(self, program):
        assert problem_of(program.post(f"{BASE}/generate/User", b" " * (conf.MAX_BODY_BYTES + 1)), 413)["code"] == "TOO_LARGE"
        assert Client().post(BASE, b"x", content_type="x/y", CONTENT_LENGTH=str(10**30)).status_code == 413

    def test_in_chunks_are_read_up_to_the_limit(self, program):
        class Stream(io.BytesIO):
            sizes: list[int] = []

            def read(self, size=-1):
                self.sizes.append(size)
                return super().read(size)

        def send(data, **meta):
            chunked = {
                "HTTP_TRANSFER_ENCODING": "chunked",
                "CONTENT_LENGTH": "",
                "wsgi.input": Stream(data),
                "wsgi.input_terminated": True,
            }
            return program.post(f"{BASE}/generate/ReadNodeData", b'{"nodeIds":[101]}', meta={**chunked, **meta})

        assert data_of(send(b'{"nodeIds":[101]}'))["policy"] == {"nodeIds": [101]}
        problem_of(send(b'{"nodeIds":[102]}'), 401)
        problem_of(send(b" " * 5_000_000), 413)
        assert max(Stream.sizes) == conf.MAX_BODY_BYTES + 1
        problem_of(send(b"", **{"wsgi.input_terminated": False}), 411)

    @pytest.mark.parametrize("length", ["-5", "x", "1e9", "٣"])
    def test_of_invalid_length_are_not_a_500(self, length, program):
        assert program.post(f"{BASE}/generate/User", b"{}", meta={"CONTENT_LENGTH": length}).status_code == 401

    def test_that_were_changed_are_rejected(self, program):
        changed = {"wsgi.input": io.BytesIO(b'{"refreshAllowed":true}'), "CONTENT_LENGTH": "23"}
        problem_of(program.post(f"{BASE}/generate/User", b"{}", meta=changed), 401)
        assert SecurityToken.objects.count() == 1


class TestBadInput:
    def test_a_header_over_8_kb_is_a_401(self, program):
        problem_of(Client().get(BASE, headers={"authorization": "SNWS2 " + "x" * 9000}), 401)
        problem_of(program.get(meta={"HTTP_X_SN_DATE": "x" * 9000}), 401)

    @pytest.mark.parametrize("name", ["HTTP_AUTHORIZATION", "HTTP_X_SN_DATE", "HTTP_HOST"])
    def test_a_repeated_header_is_rejected(self, name, program):
        client = Client()
        sent = {}

        class Recorder(Client):
            def generic(self, *args, **extra):
                sent.update(extra)
                return client.generic(*args, **extra)

        program.get(client=Recorder())
        repeated = client.get(BASE, **{**sent, name: f"{sent[name]},{sent[name]}"})
        assert repeated.status_code in {400, 401}

    @pytest.mark.parametrize("value", ["é", "Ã©", "€", "\x00", "\udcff", "a\r\nb"])
    def test_strange_header_values_are_a_401(self, value, program):
        problem_of(program.get(meta={"HTTP_X_SN_STRANGE": value}), 401)
        problem_of(Client().get(BASE, HTTP_AUTHORIZATION=f"SNWS2 Credential={value}"), 401)

    def test_a_signed_header_may_be_utf_8(self, program, monkeypatch):
        from tests.api import conftest

        real = conftest.SignedRequest
        monkeypatch.setattr(
            conftest, "SignedRequest", lambda m, p, q, headers, data: real(m, p, q, (*headers, ("x-sn-place", "Größe")), data)
        )
        assert program.get(meta={"HTTP_X_SN_PLACE": "Größe".encode().decode("latin-1")}).status_code == 200

    def test_a_path_that_differs_from_the_signed_one_is_rejected(self, make_program):
        program = make_program(policy=Policy(api_paths=("/user/auth-tokens",)))
        problem_of(program.get(meta={"RAW_URI": BASE, "PATH_INFO": f"{BASE}/find"}), 401)
        assert program.get(meta={"RAW_URI": f"http://testserver{BASE}"}).status_code == 200

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        value=st.one_of(
            st.text(),
            st.builds("SNWS2 {}".format, st.text()),
            st.builds(
                "SNWS2 Credential={},SignedHeaders={},Signature={}".format,
                st.text(max_size=70),
                st.lists(st.sampled_from(["host", "x-sn-date", "date", "é", ""])).map(";".join),
                st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
            ),
        ),
        date=st.one_of(st.just("Tue, 24 Nov 2026 09:30:00 GMT"), st.text()),
        path=st.sampled_from([BASE, f"{BASE}/%ff", f"{BASE}//find", "/solaruser/%0a", "/solarquery/%2e%2e/x"]),
        query=st.text(),
    )
    def test_no_text_in_any_place_is_a_500(self, db, value, date, path, query):
        response = Client().get(path, HTTP_AUTHORIZATION=value, HTTP_X_SN_DATE=date, QUERY_STRING=query)
        assert response.status_code in {401, 429}
        assert json.loads(response.content)["success"] is False


class TestRefresh:
    @pytest.fixture
    def today(self):
        return timezone.now().date()

    @pytest.mark.parametrize("type", list(TokenType))
    def test_gives_a_key_that_signs(self, type, today, make_program):
        program = make_program(type=type, policy=Policy(refresh_allowed=True))
        key = data_of(program.get(f"{REFRESH}?date={today}"))["key"]
        program.secret, program.key = None, bytes.fromhex(key)
        # With nothing but the key, the next one can be fetched.
        assert data_of(program.get(f"{REFRESH}?date={today}"))["key"] == key
        event = AuditEvent.objects.get(token_id=program.token_id, action="token.key_refreshed")
        assert (event.count, event.detail) == (2, {"date": today.isoformat(), "scheme": "snws2"})
        assert key not in str(event.detail)

    def test_is_at_solarusers_address_too_for_user_tokens(self, today, make_program):
        path = f"/solaruser/api/v1/sec/auth-tokens/refresh/v2?date={today}"
        user, data = (make_program(type=type, policy=Policy(refresh_allowed=True)) for type in TokenType)
        assert len(data_of(user.get(path))["key"]) == 64
        assert problem_of(data.get(path), 403)["rule"] == "type"

    def test_needs_the_grant(self, today, program):
        problem = problem_of(program.get(f"{REFRESH}?date={today}"), 403)
        assert problem["rule"] == "refreshAllowed"
        assert AuditEvent.objects.filter(token_id=program.token_id, action="request.refused").count() == 1

    @pytest.mark.parametrize(
        "query", ["", "?date=", "?date=today", "?date=20261124", "?date=2026-13-01", "?date=2026-W01-1", "?date={}"]
    )
    def test_rejects_an_invalid_or_future_date(self, query, today, make_program):
        program = make_program(policy=Policy(refresh_allowed=True))
        path = REFRESH + query.format(today + timedelta(days=1))
        assert problem_of(program.get(path), 422)["errors"][0]["field"] == "date"

    def test_of_an_old_secret_gives_a_key_of_that_secret(self, today, make_program, alice):
        from tokens.services.audit import Actor
        from tokens.services.lifecycle.rotation import Grace, rotate

        old = make_program(policy=Policy(refresh_allowed=True))
        assert old.get().status_code == 200
        row = SecurityToken.objects.get(token_id=old.token_id)
        new = program_of(rotate(row, Grace.DAY, actor=Actor("alice"), now=timezone.now()))
        keys = {data_of(each.get(f"{REFRESH}?date={today}"))["key"] for each in (old, new)}
        assert len(keys) == 2
        TokenSecret.objects.replaced().delete()
        assert old.get(f"{REFRESH}?date={today}").status_code == 401

    def test_is_not_open_to_api_paths_that_leave_it_out(self, today, make_program):
        program = make_program(policy=Policy(refresh_allowed=True, api_paths=("/user/**",)))
        assert problem_of(program.get(f"{REFRESH}?date={today}"), 403)["rule"] == "apiPaths"


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_token_disabled_through_one_connection_is_denied_on_the_next():
    from django.db import connection

    program = program_of(issue(type=TokenType.USER))
    assert program.get().status_code == 200
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("UPDATE tokens_securitytoken SET status = 'Disabled'")
    other.close()
    assert problem_of(program.get(), 403)["code"] == "TOKEN_DISABLED"


def test_a_locked_database_is_never_a_pass(program, monkeypatch):
    from django.db import OperationalError

    monkeypatch.setattr(judging, "_fetch", lambda *_: (_ for _ in ()).throw(OperationalError("locked")))
    problem_of(program.get(), 503)
