"""The OpenAPI document, and the page that shows it."""

import json

from django.test import Client
from django.urls import reverse

from tokens.domain.policies.table import RESTRICTIONS


class TestDocument:
    def test_has_every_operation_and_every_error(self):
        response = Client().get("/solaruser/api/v1/openapi.json")
        document = json.loads(response.content)
        assert response["Content-Type"] == "application/json"
        base = "/solaruser/api/v1/sec/user/auth-tokens"
        assert set(document["paths"]) == {
            base,
            f"{base}/find",
            f"{base}/generate/{{type}}",
            f"{base}/info",
            f"{base}/policy",
            f"{base}/status",
            f"{base}/{{token_id}}",
            "/solarquery/api/v1/sec/auth-tokens/refresh/v2",
            "/solaruser/api/v1/sec/auth-tokens/refresh/v2",
            "/solaruser/api/v1/sec/whoami",
        }
        for methods in document["paths"].values():
            for operation in methods.values():
                assert {"200", "401", "403", "413"} <= {str(status) for status in operation["responses"]}
                assert operation["security"] == [{"Snws2": []}]

    def test_has_the_policy_table(self):
        text = Client().get("/solaruser/api/v1/openapi.json").content.decode()
        assert all(f'"{row.json_key}"' in text for row in RESTRICTIONS)


class TestPage:
    def test_is_readable_without_a_script_or_another_host(self, db):
        response = Client().get(reverse("api_docs"))
        page = response.content.decode()
        assert response.status_code == 200
        assert "POST /solaruser/api/v1/sec/user/auth-tokens/generate/{type}" in page
        assert "https://" not in page
        assert "unsafe" not in response["Content-Security-Policy"]
        assert Client().post(reverse("api_docs")).status_code == 405
