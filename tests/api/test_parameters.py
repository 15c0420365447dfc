"""A parameter that a call does not know is refused by name, whatever the call."""

import json

import pytest

from tests.api.conftest import BASE, REFRESH
from tests.factories import token
from tokens.api.endpoints import api
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, SecurityToken

FORM = "application/x-www-form-urlencoded"
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items()
    for method, operation in methods.items()
}
# A value that each parameter takes, so that the unknown one is all that is wrong.
VALUES = {
    "active": "true",
    "tokenTypes": "User",
    "tokenType": "User",
    "identifiers": "x",
    "identifier": "x",
    "offset": "0",
    "max": "1",
    "name": "x",
    "description": "x",
    "status": "Disabled",
    "date": "2026-01-01",
}


def errors_of(response):
    assert response.status_code == 422, response.content
    return {error["field"]: error["message"] for error in json.loads(response.content)["errors"]}


@pytest.fixture
def program(make_program):
    """A program that may make every call."""
    return make_program(policy=Policy(refresh_allowed=True))


@pytest.fixture
def target(alice):
    return token(alice, name="Roof")


def address_of(call, target, *more):
    """Return the method and the address of a call with every parameter that it has, and more."""
    method, path = call.split(" ")
    values = VALUES | {"tokenId": target.token_id}
    names = [one["name"] for one in OPERATIONS[call]["parameters"] if one["in"] == "query"]
    query = "&".join([*(f"{name}={values[name]}" for name in names if name in values), *more])
    return method, f"{path.format(type='User', token_id=target.token_id)}?{query}"


@pytest.mark.parametrize("call", OPERATIONS)
class TestEveryCall:
    def test_refuses_an_unknown_parameter_by_name(self, call, program, target):
        response = program.send(*address_of(call, target, "planet=3"))
        assert list(errors_of(response)) == ["planet"]

    def test_changes_nothing_then(self, call, program, target):
        before = AuditEvent.objects.count()
        program.send(*address_of(call, target, "planet=3"))
        assert AuditEvent.objects.count() == before
        assert SecurityToken.objects.get(pk=target.pk).status == "Active"

    def test_knows_the_parameters_that_it_documents(self, call, program, target):
        method, address = address_of(call, target)
        body = {"name": "x"} if "/info" in address else {} if method in {"PUT", "PATCH"} else None
        response = program.send(method, address, body)
        assert response.status_code == 200, response.content


class TestTheAnswer:
    def test_names_what_the_call_knows(self, program):
        message = errors_of(program.get(f"{BASE}/find?tokentypes=User"))["tokentypes"]
        assert message == (
            "This call does not know the parameter tokentypes. Its parameters are active, tokenTypes, tokenType, identifiers, "
            "identifier, offset, max."
        )

    def test_says_so_where_there_are_none(self, program):
        assert errors_of(program.get(f"{BASE}?max=1"))["max"].endswith("It has none.")

    def test_also_lists_what_is_missing_or_wrong(self, program):
        assert set(errors_of(program.post(f"{BASE}/status?tokenID=x&status=Gone"))) == {"tokenID", "tokenId", "status"}

    def test_lists_each_unknown_name_once(self, program):
        assert list(errors_of(program.get(f"{BASE}?a=1&b=2&a=3&c"))) == ["a", "b", "c"]

    def test_shows_little_of_a_long_name(self, program):
        ((field, _),) = errors_of(program.get(f"{BASE}?{'x' * 5000}=1")).items()
        assert len(field) < 150

    def test_a_stranger_is_not_told(self, client):
        assert client.get(f"{BASE}?planet=3").status_code == 401

    def test_a_trailing_slash_makes_no_difference(self, program):
        assert list(errors_of(program.get(f"{BASE}/?planet=3"))) == ["planet"]


class TestForms:
    def test_a_form_s_parameters_count_too(self, program, target):
        response = program.post(f"{BASE}/{target.token_id}?status=Disabled", b"planet=3", content_type=FORM)
        assert list(errors_of(response)) == ["planet"]

    def test_what_belongs_in_the_query_is_told_so(self, program, target):
        response = program.post(f"{BASE}/{target.token_id}?status=Active", b"status=Disabled", content_type=FORM)
        assert "in the query" in errors_of(response)["status"]
        assert SecurityToken.objects.get(pk=target.pk).status == "Active"


def test_a_data_token_that_refreshes_its_key_is_told_as_well(make_program):
    data = make_program(type=TokenType.DATA, policy=Policy(refresh_allowed=True))
    assert list(errors_of(data.get(f"{REFRESH}?date=2026-01-01&planet=3"))) == ["planet"]
