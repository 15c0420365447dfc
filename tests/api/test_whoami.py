# ruff: noqa: A002 -- the API says "type"
"""`whoami`: what a token is told about itself."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.conftest import Program, expired, in_an_hour, program_of
from tests.api.test_endpoints import data_of, problem_of
from tests.factories import issue
from tokens.domain.dates import to_milliseconds
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import Node, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle.rotation import Grace, rotate

WHOAMI = "/solaruser/api/v1/sec/whoami"
ACTOR = Actor(label="test")


def rotated(issued, grace, **options):
    """Rotate a token whose secret is in use; return the program with the new one."""
    TokenSecret.objects.filter(pk=issued.secret.pk).update(first_used_at=timezone.now())
    new = rotate(issued.token, grace, actor=ACTOR, now=timezone.now(), **options)
    return Program(new.token.token_id, new.value)


class TestAnswer:
    @pytest.mark.parametrize("type", TokenType)
    def test_says_what_the_token_is(self, type, make_program, alice):
        program = make_program(type=type)
        answer = data_of(program.get(WHOAMI))
        assert (answer["id"], answer["type"], answer["userId"]) == (program.token_id, type.value, alice.pk)
        assert (answer["policy"], answer["notAfter"], answer["oldSecrets"]) == ({}, None, [])

    def test_says_what_it_may_do_as_a_policy_and_in_words(self, make_program):
        ends = in_an_hour()
        program = make_program(type=TokenType.DATA, policy=Policy(not_after=ends, node_ids=(101,), api_paths=("/datum/**",)))
        answer = data_of(program.get(WHOAMI))
        assert answer["policy"] == {"apiPaths": ["/datum/**"], "notAfter": ends, "nodeIds": [101]}
        assert answer["sentence"].startswith("Reads all data, raw data too, of node 101")
        assert answer["notAfter"] == ends

    def test_says_nothing_of_the_owner_or_what_the_owner_wrote(self, make_program, alice):
        program = make_program(name="Shed key", description="for the neighbour")
        content = program.get(WHOAMI).content.decode()
        assert [text for text in (alice.email, "Shed key", "neighbour", program.secret) if text in content] == []

    def test_of_head_has_no_body(self, make_program):
        response = make_program(type=TokenType.DATA).send("HEAD", WHOAMI)
        assert (response.status_code, response.content) == (200, b"")

    def test_takes_two_queries(self, program, django_assert_num_queries):
        program.get(WHOAMI)
        with django_assert_num_queries(2):
            data_of(program.get(WHOAMI))

    def test_names_an_old_secret_and_its_end(self, alice):
        old = issue(alice)
        program = rotated(old, Grace.DAY)
        ends = to_milliseconds(TokenSecret.objects.get(pk=old.secret.pk).ends_at)
        (secret,) = data_of(program.get(WHOAMI))["oldSecrets"]
        assert secret == {"endsAt": ends, "endsWithFirstUse": False, "signedThisRequest": False}

    def test_says_that_an_old_secret_signed(self, alice):
        old = issue(alice)
        rotated(old, Grace.FIRST_USE)
        (secret,) = data_of(program_of(old).get(WHOAMI))["oldSecrets"]
        assert (secret["endsWithFirstUse"], secret["signedThisRequest"]) == (True, True)

    def test_counts_as_use_of_the_new_secret(self, alice):
        old = issue(alice)
        program = rotated(old, Grace.FIRST_USE)
        assert data_of(program.get(WHOAMI))["oldSecrets"] == []
        problem_of(program_of(old).get(WHOAMI), 401)

    def test_leaves_out_what_has_ended(self, alice):
        old = issue(alice)
        program = rotated(old, Grace.DAY)
        TokenSecret.objects.filter(pk=old.secret.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
        assert data_of(program.get(WHOAMI))["oldSecrets"] == []


class TestAccess:
    def test_a_stranger_gets_the_uniform_401(self, program):
        wrong = Program("0" * 20, program.secret)
        assert Client().get(WHOAMI).content == wrong.get(WHOAMI).content == Client().get("/solaruser/x").content

    def test_a_browser_session_is_ignored(self, alice_client):
        problem_of(alice_client.get(WHOAMI), 401)

    @pytest.mark.parametrize("type", TokenType)
    @pytest.mark.parametrize("entries", [("/datum/**",), ("!/whoami",)])
    def test_api_paths_do_not_apply(self, type, entries, make_program):
        data_of(make_program(type=type, policy=Policy(api_paths=entries)).get(WHOAMI))

    def test_a_data_token_needs_no_node(self, make_program):
        program = make_program(type=TokenType.DATA)
        Node.objects.all().delete()
        data_of(program.get(WHOAMI))

    def test_a_data_token_gets_no_further_by_another_spelling(self, make_program):
        program = make_program(type=TokenType.DATA)
        for path in (f"{WHOAMI}/", f"{WHOAMI};x", "/solaruser/api/v1/sec/user/auth-tokens"):
            assert problem_of(program.get(path), 403)["code"] == "TYPE_NOT_ALLOWED"

    @pytest.mark.parametrize(("type", "status"), [(TokenType.USER, 405), (TokenType.DATA, 403)])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_other_methods_are_not_allowed(self, method, type, status, make_program):
        problem_of(make_program(type=type).send(method, WHOAMI), status)

    @pytest.mark.parametrize("type", TokenType)
    def test_a_token_that_is_not_valid_gets_the_reason(self, type, make_program, alice):
        assert problem_of(program_of(expired(alice, type=type)).get(WHOAMI), 403)["code"] == "TOKEN_EXPIRED"
        assert problem_of(make_program(type=type, disabled=True).get(WHOAMI), 403)["code"] == "TOKEN_DISABLED"
        unreadable = make_program(type=type)
        SecurityToken.objects.filter(token_id=unreadable.token_id).update(policy={"x": 1})
        assert problem_of(unreadable.get(WHOAMI), 403)["code"] == "POLICY_UNREADABLE"
