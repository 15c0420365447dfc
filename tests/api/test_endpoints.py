# ruff: noqa: A002 -- the API says "type"
"""Every endpoint of the HTTP API, in both forms."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.api.conftest import BASE
from tests.factories import issue, token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, SecurityToken
from tokens.services.signed_requests import judging as judging


def data_of(response, status=200):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    document = json.loads(response.content)
    assert document["success"] is True
    return document["data"]


def problem_of(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    document = json.loads(response.content)
    assert document["success"] is False
    assert document["code"]
    assert document["message"]
    return document


class TestList:
    def test_returns_the_accounts_tokens_newest_first(self, program, alice, bob):
        mine = token(alice, name="Roof", description="Data", policy=Policy(node_ids=(101,)))
        token(bob)

        first, second = data_of(program.get())

        assert second["id"] == program.token_id
        assert first == {
            "id": mine.token_id,
            "created": f"{mine.created_at:%Y-%m-%d %H:%M:%S}.{mine.created_at.microsecond // 1000:03}Z",
            "userId": alice.pk,
            "name": "Roof",
            "description": "Data",
            "status": "Active",
            "type": "ReadNodeData",
            "expired": False,
            "policy": {"nodeIds": [101]},
        }

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_trailing_slash_changes_nothing(self, method, program):
        with_slash, without = program.send(method, f"{BASE}/"), program.send(method, BASE)
        assert with_slash.status_code == 200
        assert with_slash.content == without.content

    def test_the_signature_is_of_the_path_as_sent(self, program):
        assert program.get(meta={"PATH_INFO": f"{BASE}/", "RAW_URI": f"{BASE}/"}).status_code == 401

    def test_never_returns_a_secret(self, program):
        assert program.secret.encode() not in program.get().content

    @pytest.mark.parametrize("tokens", [1, 30])
    def test_takes_two_queries_whatever_the_number(self, tokens, program, alice, django_assert_num_queries):
        for _ in range(tokens):
            token(alice)
        program.get()
        with django_assert_num_queries(2):
            assert len(data_of(program.get())) == tokens + 1

    def test_touches_neither_session_nor_cache_nor_cookies(self, program, settings):
        settings.CACHES = {"default": {"BACKEND": "tests.api.no_such_cache"}}
        response = program.get()
        assert response.status_code == 200
        assert not response.cookies
        assert response["Cache-Control"] == "no-store"


class TestFind:
    def test_returns_a_page(self, program, alice):
        for _ in range(3):
            token(alice)
        page = data_of(program.get(f"{BASE}/find?offset=1&max=2"))
        assert (page["totalResults"], page["startingOffset"], page["returnedResultCount"]) == (4, 1, 2)
        assert len(page["results"]) == 2

    def test_filters(self, program, alice, bob):
        disabled = token(alice, disabled=True)
        data = token(alice)
        foreign = token(bob)

        def found(query):
            return {item["id"] for item in data_of(program.get(f"{BASE}/find?{query}"))["results"]}

        assert found("active=false") == {disabled.token_id}
        assert found("active=true") == {data.token_id, program.token_id}
        assert found("tokenTypes=User") == {program.token_id}
        assert found("tokenTypes=User&tokenTypes=ReadNodeData") == {program.token_id, data.token_id, disabled.token_id}
        assert found("tokenTypes=User%2CReadNodeData&active=true") == {program.token_id, data.token_id}
        assert found("tokenType=User") == {program.token_id}
        assert found("tokenType=ReadNodeData&tokenTypes=User&active=true") == {program.token_id, data.token_id}
        assert found(f"identifiers={data.token_id},{foreign.token_id},%00") == {data.token_id}
        assert found(f"identifiers={data.token_id}&identifiers={disabled.token_id}") == {data.token_id, disabled.token_id}
        assert found(f"identifier={data.token_id}") == {data.token_id}
        assert found(f"identifier={data.token_id}&identifier={disabled.token_id}") == {data.token_id, disabled.token_id}
        assert found(f"identifier={data.token_id}&identifiers={disabled.token_id}") == {data.token_id, disabled.token_id}
        assert found(f"identifier={foreign.token_id}") == set()

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("active=maybe", "active"),
            ("tokenTypes=Node", "tokenTypes"),
            ("tokenType=Node", "tokenType"),
            ("tokenTypes=", "tokenTypes"),
            ("tokenType=,", "tokenType"),
            ("identifiers=", "identifiers"),
            ("identifier=%20", "identifier"),
            ("offset=-1", "offset"),
            ("offset=99999999999999999999", "offset"),
            ("max=0", "max"),
            ("max=x", "max"),
            ("identifiers=" + ",".join(map(str, range(1001))), "identifiers"),
        ],
    )
    def test_rejects_an_invalid_filter(self, query, field, program):
        (error,) = problem_of(program.get(f"{BASE}/find?{query}"), 422)["errors"]
        assert error["field"] == error["location"] == field


class TestGenerate:
    @pytest.mark.parametrize(("type", "policy"), [("User", {}), ("ReadNodeData", {"nodeIds": [101], "sourceIds": ["/a/*"]})])
    def test_makes_a_token_that_works(self, type, policy, program, alice):
        made = data_of(program.post(f"{BASE}/generate/{type}?name=Barn%20data&description=x", policy))

        assert (made["type"], made["policy"], made["name"], made["description"]) == (type, policy, "Barn data", "x")
        assert made["userId"] == alice.pk
        assert made["authSecret"].startswith("snts_")
        row = SecurityToken.objects.get(token_id=made["id"])
        event = AuditEvent.objects.get(token_id=row.token_id, action="token.created")
        assert event.actor_label == f"token {program.token_id}"
        program.token_id, program.secret = made["id"], made["authSecret"]
        assert program.get().status_code == (200 if type == "User" else 403)

    def test_a_minimum_may_be_spelled_out_as_the_published_client_does(self, program):
        body = {"minAggregation": "Month", "aggregations": ["Month", "Year", "RunningTotal"]}
        assert data_of(program.post(f"{BASE}/generate/ReadNodeData", body))["policy"] == {"minAggregation": "Month"}

    def test_tells_how_a_list_of_aggregations_differs_from_the_minimum(self, program):
        body = {"minAggregation": "Month", "aggregations": ["Week", "Month", "RunningTotal"]}
        (error,) = problem_of(program.post(f"{BASE}/generate/ReadNodeData", body), 422)["errors"]
        assert error["field"] == "aggregations"
        assert "Year is missing and Week is finer" in error["message"]

    def test_takes_no_body_for_an_empty_policy(self, program):
        assert data_of(program.post(f"{BASE}/generate/User"))["policy"] == {}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
    def test_reads_any_encoding_that_json_allows(self, encoding, program):
        body = '{"sourceIds": ["/größe/€"]}'.encode(encoding)
        assert data_of(program.post(f"{BASE}/generate/ReadNodeData", body))["policy"] == {"sourceIds": ["/größe/€"]}

    def test_lists_every_problem_by_field(self, program):
        body = {"nodeIDs": [1], "minAggregation": "Fortnight", "sourceIds": [], "notAfter": "soon"}
        problem = problem_of(program.post(f"{BASE}/generate/ReadNodeData", body), 422)
        assert {error["field"] for error in problem["errors"]} == {"nodeIDs", "minAggregation", "sourceIds", "notAfter"}
        assert SecurityToken.objects.count() == 1

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b"null",
            b"1",
            b'"x"',
            b'{"nodeIds": [1], "nodeIds": [2]}',
            b'{"notAfter": NaN}',
            b"\xff\xfe\xff",
            b" ",
            b"[" * 100_000,
        ],
    )
    def test_rejects_an_invalid_policy(self, body, program):
        problem_of(program.post(f"{BASE}/generate/ReadNodeData", body), 422)
        assert SecurityToken.objects.count() == 1

    def test_rejects_a_restriction_that_does_not_apply(self, program):
        problem = problem_of(program.post(f"{BASE}/generate/User", {"nodeIds": [101]}), 422)
        assert problem["errors"][0]["field"] == "nodeIds"
        assert "does not apply" in problem["message"]

    def test_rejects_foreign_nodes_like_unknown_ones(self, program, bob):
        foreign = problem_of(program.post(f"{BASE}/generate/ReadNodeData", {"nodeIds": [201]}), 422)
        unknown = problem_of(program.post(f"{BASE}/generate/ReadNodeData", {"nodeIds": [999]}), 422)
        assert foreign["message"].replace("201", "999") == unknown["message"]

    def test_rejects_a_past_expiry_and_an_unknown_type(self, program):
        past = int((timezone.now() - timedelta(days=1)).timestamp() * 1000)
        assert problem_of(program.post(f"{BASE}/generate/User", {"notAfter": past}), 422)["errors"][0]["field"] == "notAfter"
        assert problem_of(program.post(f"{BASE}/generate/Node"), 422)["errors"][0]["field"] == "type"

    def test_rejects_a_form_and_long_or_repeated_names(self, program):
        form = {"content_type": "application/x-www-form-urlencoded"}
        problem_of(program.post(f"{BASE}/generate/User", b'{"apiPaths": ["/x"]}', **form), 422)
        assert problem_of(program.post(f"{BASE}/generate/User?name={'x' * 129}"), 422)["errors"][0]["field"] == "name"
        assert problem_of(program.post(f"{BASE}/generate/User?name=x&name=y"), 422)["errors"][0]["field"] == "name"


class TestInfo:
    @pytest.mark.parametrize(
        ("query", "body", "content_type"),
        [
            ("", {"name": "Häus", "description": "new"}, "application/json"),
            ("", b"name=H%C3%A4us&description=new", "application/x-www-form-urlencoded"),
            ("&name=H%C3%A4us&description=new", None, "application/json"),
        ],
    )
    def test_changes_name_and_description(self, query, body, content_type, program, alice):
        row = token(alice, policy=Policy(source_ids=("/a",)))
        changed = data_of(program.post(f"{BASE}/info?tokenId={row.token_id}{query}", body, content_type=content_type))
        row.refresh_from_db()
        assert (row.name, row.description, row.policy) == ("Häus", "new", {"sourceIds": ["/a"]})
        assert (changed["name"], changed["id"]) == ("Häus", row.token_id)

    def test_keeps_what_is_not_given(self, program, alice):
        row = token(alice, name="a", description="b")
        data_of(program.post(f"{BASE}/info?tokenId={row.token_id}", {"name": None, "description": ""}))
        row.refresh_from_db()
        assert (row.name, row.description) == ("a", "")

    @pytest.mark.parametrize(
        "body",
        [
            None,
            {},
            {"title": "x"},
            {"name": 1},
            {"name": ["x"]},
            [],
            {"name": "x" * 129},
            {"name": "\x00"},
            {"description": "x" * 513},
        ],
    )
    def test_rejects_invalid_names_and_descriptions(self, body, program, alice):
        row = token(alice, name="a")
        problem_of(program.post(f"{BASE}/info?tokenId={row.token_id}", body), 422)
        row.refresh_from_db()
        assert row.name == "a"

    def test_an_unreadable_policy_is_not_turned_into_an_empty_one(self, program, alice):
        row = token(alice)
        SecurityToken.objects.filter(pk=row.pk).update(policy={"planetIds": [1]})
        problem_of(program.post(f"{BASE}/info?tokenId={row.token_id}", {"name": "x"}), 422)
        problem_of(program.send("PATCH", f"{BASE}/{row.token_id}", {"sourceIds": ["/a"]}), 422)
        row.refresh_from_db()
        assert row.policy == {"planetIds": [1]}
        data_of(program.send("PUT", f"{BASE}/{row.token_id}", {"sourceIds": ["/a"]}))


SHAPES = {
    "query": {"policy": "/policy?tokenId={}", "delete": "?tokenId={}", "status": "/status?tokenId={}&status={}"},
    "path": {"policy": "/{}", "delete": "/{}", "status": "/{}?status={}"},
}


@pytest.fixture(params=SHAPES)
def shape(request):
    return SHAPES[request.param]


class TestPolicy:
    def test_patch_unites_lists_and_replaces_single_values(self, shape, program, alice):
        row = token(alice, policy=Policy(node_ids=(101,), source_ids=("/a", "/b"), refresh_allowed=True))
        change = {"nodeIds": [102], "sourceIds": ["/b", "/c"], "minAggregation": "h", "refreshAllowed": False}
        changed = data_of(program.send("PATCH", BASE + shape["policy"].format(row.token_id), change))
        assert changed["policy"] == {"minAggregation": "Hour", "nodeIds": [101, 102], "sourceIds": ["/a", "/b", "/c"]}
        row.refresh_from_db()
        assert row.policy == changed["policy"]

    def test_patch_leaves_what_it_does_not_name_or_names_null(self, program, alice):
        row = token(alice, policy=Policy(source_ids=("/a",), refresh_allowed=True))
        changed = data_of(program.send("PATCH", f"{BASE}/{row.token_id}", {"refreshAllowed": None, "minAggregation": None}))
        assert changed["policy"] == {"refreshAllowed": True, "sourceIds": ["/a"]}

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_a_minimum_may_be_spelled_out(self, method, shape, program, alice):
        row = token(alice, policy=Policy(min_aggregation="Hour"))
        body = {"aggregations": ["Month", "Year", "RunningTotal"]}
        changed = data_of(program.send(method, BASE + shape["policy"].format(row.token_id), body))
        assert changed["policy"] == {"minAggregation": "Month"}

    def test_put_replaces(self, shape, program, alice):
        row = token(alice, policy=Policy(node_ids=(101,), refresh_allowed=True))
        changed = data_of(program.send("PUT", BASE + shape["policy"].format(row.token_id), {"sourceIds": ["/a"]}))
        assert changed["policy"] == {"sourceIds": ["/a"]}
        event = AuditEvent.objects.get(token_id=row.token_id, action="token.edited")
        assert event.detail["before"] == {"policy": {"nodeIds": [101], "refreshAllowed": True}}

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    @pytest.mark.parametrize("body", [None, [], {"nodeIds": [201]}, {"x": 1}, {"minAggregation": "x"}])
    def test_rejects_invalid_policies_and_changes_nothing(self, method, body, program, alice, bob):
        row = token(alice, policy=Policy(node_ids=(101,)))
        problem_of(program.send(method, f"{BASE}/{row.token_id}", body), 422)
        row.refresh_from_db()
        assert row.policy == {"nodeIds": [101]}

    def test_applies_from_the_next_request(self, program, make_program):
        other = make_program()
        data_of(program.send("PUT", f"{BASE}/{other.token_id}", {"apiPaths": ["!/user/**"]}))
        problem = problem_of(other.get(), 403)
        assert (problem["rule"], problem["entry"], problem["value"]) == ("apiPaths", "!/user/**", "/user/auth-tokens")


class TestStatus:
    def test_disables_and_enables(self, shape, program, make_program):
        other = make_program()
        changed = data_of(program.post(BASE + shape["status"].format(other.token_id, "Disabled")))
        assert changed["status"] == "Disabled"
        assert problem_of(other.get(), 403)["code"] == "TOKEN_DISABLED"
        data_of(program.post(BASE + shape["status"].format(other.token_id, "Active")))
        assert other.get().status_code == 200

    @pytest.mark.parametrize("status", ["Gone", "active", "", "Active&status=Disabled"])
    def test_rejects_an_unknown_status(self, status, program, make_program):
        other = make_program()
        problem = problem_of(program.post(f"{BASE}/{other.token_id}?status={status}"), 422)
        assert problem["errors"][0]["field"] == "status"
        assert other.get().status_code == 200


class TestDelete:
    def test_deletes_for_good(self, shape, program, make_program):
        other = make_program()
        assert data_of(program.send("DELETE", BASE + shape["delete"].format(other.token_id))) is None
        assert not SecurityToken.objects.filter(token_id=other.token_id).exists()
        assert problem_of(other.get(), 401)["code"] == "UNAUTHENTICATED"
        problem_of(program.send("DELETE", BASE + shape["delete"].format(other.token_id)), 404)

    def test_needs_an_identifier(self, program):
        assert problem_of(program.send("DELETE", BASE), 422)["errors"][0]["field"] == "tokenId"


class TestForeignTokens:
    CALLS = (
        ("POST", "/info?tokenId={}", {"name": "x"}),
        ("DELETE", "?tokenId={}", None),
        ("DELETE", "/{}", None),
        ("PATCH", "/policy?tokenId={}", {"sourceIds": ["/a"]}),
        ("PATCH", "/{}", {"sourceIds": ["/a"]}),
        ("PUT", "/policy?tokenId={}", {}),
        ("PUT", "/{}", {}),
        ("POST", "/status?tokenId={}&status=Disabled", None),
        ("POST", "/{}?status=Disabled", None),
    )

    @pytest.mark.parametrize(("method", "path", "body"), CALLS)
    def test_are_as_unknown_as_those_that_do_not_exist(self, method, path, body, program, bob):
        foreign = token(bob, name="Bob's")
        responses = [
            program.send(method, BASE + path.format(token_id), body)
            for token_id in (foreign.token_id, "0" * 20, "%00", "x" * 65, "%F0%9F%8C%9E")
        ]
        assert {response.status_code for response in responses} == {404}
        assert len({response.content for response in responses}) == 1
        before = SecurityToken.objects.get(pk=foreign.pk)
        assert (before.name, before.status, before.policy) == ("Bob's", "Active", {})

    def test_an_imported_identifier_works_in_the_path(self, program, alice):
        row = issue(alice, type=TokenType.DATA).token
        SecurityToken.objects.filter(pk=row.pk).update(token_id="a/b?c=d")
        path = f"{BASE}/a/b%3Fc%3Dd"
        assert data_of(program.send("PUT", path, {}, meta={"RAW_URI": path}))["id"] == "a/b?c=d"


def test_an_unavailable_database_is_a_503_in_the_envelope(program, monkeypatch):
    from django.db import OperationalError

    def fail(*_):
        raise OperationalError("database is locked")

    monkeypatch.setattr(judging, "_fetch", fail)
    response = program.get()
    problem_of(response, 503)
    assert response["Retry-After"]
    monkeypatch.undo()
    monkeypatch.setattr("tokens.services.lifecycle.issuing._issue", fail)
    problem_of(program.post(f"{BASE}/generate/User"), 503)
