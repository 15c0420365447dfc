"""The OpenAPI document, and the page that shows it."""

import json

import jsonschema_rs
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tokens.api.openapi.document import build_document
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import (
    MAX_DESCRIPTION_LENGTH,
    MAX_ENTRIES,
    MAX_NAME_LENGTH,
    MAX_PATH_LENGTH,
    MAX_SOURCE_LENGTH,
    RESTRICTIONS,
    Kind,
    TokenType,
)
from tokens.domain.signing.schemes import SCHEMES

ADDRESS = "/solaruser/api/v1/openapi.json"
TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
DOCUMENT = build_document("https://portal.example.org")
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {(method, path): one for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()}


def validator(schema):
    return jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]}, validate_formats=True)


def policy_validator(token_type):
    return validator({"$ref": f"#/components/schemas/{'UserPolicy' if token_type is TokenType.USER else 'DataPolicy'}"})


def contents():
    """Every body of the document, with where it is."""
    for operation in OPERATIONS.values():
        bodies = {"body": operation["requestBody"]} if "requestBody" in operation else {}
        for where, part in {**bodies, **operation["responses"]}.items():
            for content in part["content"].values():
                yield pytest.param(content, id=f"{operation['operationId']}-{where}")


class TestDocument:
    def test_is_json_that_may_be_cached(self):
        response = Client().get(ADDRESS)
        assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "public, max-age=300")

    def test_has_every_operation(self):
        assert set(DOCUMENT["paths"]) == {
            TOKENS,
            f"{TOKENS}/find",
            f"{TOKENS}/generate/User",
            f"{TOKENS}/generate/ReadNodeData",
            f"{TOKENS}/info",
            f"{TOKENS}/policy",
            f"{TOKENS}/status",
            f"{TOKENS}/{{token_id}}",
            "/solarquery/api/v1/sec/auth-tokens/refresh/v2",
            "/solaruser/api/v1/sec/auth-tokens/refresh/v2",
            "/solaruser/api/v1/sec/whoami",
        }

    @pytest.mark.parametrize("operation", list(OPERATIONS.values()), ids=lambda one: one["operationId"])
    def test_has_every_status_with_its_schema(self, operation):
        responses = operation["responses"]
        assert {"200", "401", "403", "411", "413", "422", "429", "503"} <= set(responses)
        assert all(response["content"]["application/json"]["schema"] for response in responses.values())

    def test_names_the_server_as_it_was_asked(self):
        document = json.loads(Client().get(ADDRESS, secure=True, headers={"host": "portal.example.org:8443"}).content)
        assert [server["url"] for server in document["servers"]] == ["https://portal.example.org:8443"]

    def test_describes_every_signing_scheme_once_for_all_operations(self):
        schemes = DOCUMENT["components"]["securitySchemes"]
        assert len(schemes) == len(SCHEMES)
        assert DOCUMENT["security"] == [{name: []} for name in schemes]
        assert not any("security" in operation for operation in OPERATIONS.values())

    def test_does_not_let_generators_ask_for_a_fixed_value(self):
        schemes = DOCUMENT["components"]["securitySchemes"].values()
        assert {scheme["type"] for scheme in schemes} == {"http"}
        assert {scheme["scheme"].lower() for scheme in schemes} & {"basic", "bearer", "digest", "signature"} == set()

    @pytest.mark.parametrize("content", list(contents()))
    def test_has_examples_that_its_schemas_allow(self, content):
        validator(content["schema"]).validate(content["example"])

    def test_has_examples_of_parameters_that_their_schemas_allow(self):
        parameters = [one for operation in OPERATIONS.values() for one in operation["parameters"] if "example" in one]
        assert parameters
        for parameter in parameters:
            validator(parameter["schema"]).validate(parameter["example"])


class TestPolicySchemas:
    @pytest.mark.parametrize("token_type", TokenType)
    def test_have_the_restrictions_of_their_type_and_no_others(self, token_type):
        (content,) = OPERATIONS["post", f"{TOKENS}/generate/{token_type}"]["requestBody"]["content"].values()
        schema = SCHEMAS[content["schema"]["$ref"].rpartition("/")[2]]
        assert list(schema["properties"]) == [row.json_key for row in RESTRICTIONS if row.applies_to(token_type)]
        assert schema["additionalProperties"] is False

    def test_have_the_limits_of_the_policy_table(self):
        properties = SCHEMAS["DataPolicy"]["properties"]
        lists = [properties[row.json_key] for row in RESTRICTIONS if row.is_list]
        assert {one["maxItems"] for one in lists} == {MAX_ENTRIES}
        assert properties["sourceIds"]["items"]["maxLength"] == MAX_SOURCE_LENGTH
        assert properties["apiPaths"]["items"]["maxLength"] == MAX_PATH_LENGTH
        description = SCHEMAS["TokenDescription"]["properties"]
        assert [one["maxLength"] for one in description.values()] == [MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH]

    @given(row=st.sampled_from([row for row in RESTRICTIONS if row.is_list and row.kind is not Kind.NODE_IDS]), data=st.data())
    def test_allow_the_entries_that_the_api_accepts(self, row, data):
        # White space that JSON Schema and Python see differently is left to neither.
        characters = st.characters(codec="utf-8", exclude_characters="\x1c\x1d\x1e\x1f\x85\ufeff")
        text = st.text(characters, max_size=row.max_length + 2)
        start = st.sampled_from(["", "/m/", "/", "!/", " /pm", "/**", "a"])
        entry = data.draw(st.builds("{}{}".format, start, text))
        document = {row.json_key: [entry]}
        try:
            Policy.from_json(document)
        except PolicyError:
            accepted = False
        else:
            accepted = True
        assert policy_validator(TokenType.DATA).is_valid(document) == accepted


class TestPage:
    def test_is_readable_without_a_script_or_another_host(self, db):
        response = Client().get(reverse("api_docs"))
        page = response.content.decode()
        assert response.status_code == 200
        assert "POST /solaruser/api/v1/sec/user/auth-tokens/generate/User" in page
        assert "https://" not in page
        assert "unsafe" not in response["Content-Security-Policy"]
        assert Client().post(reverse("api_docs")).status_code == 405

    def test_shows_the_body_of_each_operation_and_how_requests_are_signed(self, db):
        page = Client().get(reverse("api_docs")).content.decode()
        assert all(f"<code>{row.json_key}</code>" in page for row in RESTRICTIONS)
        assert all(f"<code>{name}</code>" in page for name in DOCUMENT["components"]["securitySchemes"])
