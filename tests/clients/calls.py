"""Every call, made by a client that only signs: the addresses and bodies are the documentation's own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from django.utils import timezone

from tests.clients.signers import Answer, Signer, Token
from tokens.domain.policies.aggregation import SHORT_KEYS, Aggregation

# Everything that a policy can hold, but the nodes.
POLICY = {
    "apiPaths": ["/datum/**", "!/datum/stream/**"],
    "notAfter": 4_102_444_799_999,
    "minAggregation": "Hour",
    "refreshAllowed": True,
    "sourceIds": ["/größe/*"],
    "nodeMetadataPaths": ["/m/place"],
    "userMetadataPaths": ["/pm/**"],
}
SOURCES = ["/größe/1", "/a+b", "/a b", "/100%", "/a&b=c", "/!'()*~", "/日本/🌞"]


@dataclass(frozen=True)
class Calls:
    """The calls of one client. Each method that `CALLS` names makes a call in all its forms and checks the answers."""

    client: Signer
    portal: str
    gateway: str
    tokens: dict[str, Token]

    @property
    def base(self) -> str:
        return f"{self.portal}/solaruser/api/v1/sec/user/auth-tokens"

    def expect(self, status: int, method: str, url: str, body: str | None = None, *, token: str | Token = "boss") -> Any:
        """Send a request and return the data of the answer, or the problem."""
        return _expect(status, self.client.send(method, url, self.tokens[token] if isinstance(token, str) else token, body))

    def generate(self, policy: dict[str, Any] | None = None, kind: str = "ReadNodeData", query: str = "") -> Any:
        body = None if policy is None else json.dumps(policy)
        return self.expect(200, "POST", f"{self.base}/generate/{kind}{query}", body)

    def list(self) -> None:
        made = self.generate()
        listed = self.expect(200, "GET", self.base)
        assert made["id"] in {token["id"] for token in listed}
        assert self.expect(200, "GET", f"{self.base}/") == listed

    def find(self) -> None:
        first, second = self.generate()["id"], self.generate(kind="User")["id"]
        for query, found in {
            f"identifier={first}": {first},
            f"identifiers={first},{second}": {first, second},
            f"identifiers={first}&identifiers={second}&tokenType=User": {second},
            f"identifiers={first},{second}&tokenTypes=ReadNodeData&active=true&offset=0&max=5": {first},
        }.items():
            page = self.expect(200, "GET", f"{self.base}/find?{query}")
            assert {token["id"] for token in page["results"]} == found, query
        assert self.expect(422, "GET", f"{self.base}/find?ids={first}")["errors"][0]["field"] == "ids"

    def generate_user(self) -> None:
        made = self.generate(kind="User", query=f"?name={quote('Häus +1')}&description=x")
        assert (made["name"], made["policy"], made["type"]) == ("Häus +1", {}, "User")
        self.expect(200, "GET", self.base, token={"id": made["id"], "secret": made["authSecret"]})

    def generate_data(self) -> None:
        policy = {**POLICY, "nodeIds": [101]}
        assert self.generate(policy)["policy"] == policy

    def describe(self) -> None:
        url = f"{self.base}/info?tokenId={self.generate()['id']}"
        assert self.expect(200, "POST", url, '{"name": "Häus"}')["name"] == "Häus"
        assert self.expect(200, "POST", f"{url}&name=Shed")["name"] == "Shed"

    def describe_with_form(self) -> None:
        url = f"{self.base}/info?tokenId={self.generate()['id']}"
        form = "description=a+form%2B&name=H%C3%A4us"
        answer = self.client.send("POST", url, self.tokens["boss"], form, content_type="application/x-www-form-urlencoded")
        assert _expect(200, answer)["description"] == "a form+"

    def merge(self, url: str) -> None:
        made = self.generate({"sourceIds": ["/a"], "apiPaths": ["/datum/**"]})
        merged = self.expect(200, "PATCH", url.format(id=made["id"]), '{"sourceIds": ["/b"]}')
        assert merged["policy"] == {"sourceIds": ["/a", "/b"], "apiPaths": ["/datum/**"]}

    def replace(self, url: str) -> None:
        made = self.generate({"nodeIds": [101]})
        assert self.expect(200, "PUT", url.format(id=made["id"]), json.dumps(POLICY))["policy"] == POLICY

    def set_status(self, url: str) -> None:
        token_id = self.generate()["id"]
        for status in ("Disabled", "Active"):
            assert self.expect(200, "POST", url.format(id=token_id, status=status))["status"] == status

    def delete(self, url: str) -> None:
        token_id = self.generate()["id"]
        self.expect(200, "DELETE", url.format(id=token_id))
        self.expect(404, "DELETE", url.format(id=token_id))

    def refresh(self) -> None:
        query = f"/api/v1/sec/auth-tokens/refresh/v2?date={timezone.now():%Y-%m-%d}"
        keys = {
            self.expect(200, "GET", f"{self.portal}/{service}{query}", token="refreshing")["key"]
            for service in ("solarquery", "solaruser")
        }
        assert len(keys) == 1
        self.expect(403, "GET", f"{self.portal}/solarquery{query}")

    def use_key(self) -> None:
        url = f"{self.portal}/solarquery/api/v1/sec/auth-tokens/refresh/v2?date={timezone.now():%Y-%m-%d}"
        key = self.expect(200, "GET", url, token="refreshing")["key"]
        assert _expect(200, self.client.send("GET", url, {**self.tokens["refreshing"], "key": key}))["key"] == key

    def whoami(self) -> None:
        for kind in ("User", "ReadNodeData"):
            made = self.generate(kind=kind)
            url = f"{self.portal}/solaruser/api/v1/sec/whoami"
            identity = self.expect(200, "GET", url, token={"id": made["id"], "secret": made["authSecret"]})
            assert (identity["id"], identity["type"]) == (made["id"], kind)

    def token_for(self, policy: dict[str, Any]) -> Token:
        made = self.generate(policy)
        return {"id": made["id"], "secret": made["authSecret"]}

    def read(self, query: str, token: Token, status: int = 200) -> Any:
        """Send a request through the gateway, and return what reached the service, or the problem."""
        return self.expect(status, "GET", f"{self.gateway}/solarquery/api/v1/sec/datum/list?{query}", token=token)

    def read_list(self) -> None:
        token = self.token_for({"nodeIds": [101, 102], "sourceIds": ["/a", "/b"]})
        headers = self.read("nodeId=101&sourceId=/a", token)["headers"]
        assert (headers["x-sn-node-ids"], headers["x-sn-source-ids"]) == ("101", "/a")

    def read_levels(self) -> None:
        token = self.token_for({"minAggregation": "h"})
        for key, level in SHORT_KEYS.items():
            effective = max(Aggregation.HOUR, level, key=lambda one: (one.level, one is level))
            assert self.read(f"aggregation={key}", token)["headers"]["x-sn-aggregation"] == effective, key

    def read_characters(self) -> None:
        encoded = ",".join(quote(source, safe="") for source in SOURCES)
        headers = self.read(f"sourceIds={encoded}", self.token_for({"sourceIds": SOURCES}))["headers"]
        assert [unquote(source) for source in headers["x-sn-source-ids"].split(",")] == SOURCES

    def read_repeated(self) -> None:
        headers = self.read("sourceId=/b&sourceId=/a&sourceId=/c", self.token_for({"sourceIds": ["/a", "/b"]}))["headers"]
        assert headers["x-sn-source-ids"] == "/b,/a"

    def read_plus(self) -> None:
        headers = self.read("sourceId=/a+b", self.token_for({"sourceIds": ["/a b"]}))["headers"]
        assert headers["x-sn-source-ids"] == "/a b"
        assert self.read("sourceId=/a+b", self.token_for({"sourceIds": ["/a+b"]}), 403)["rule"] == "sourceIds"

    def read_refusal(self) -> None:
        problem = self.read("nodeId=102", self.token_for({"nodeIds": [101]}), 403)
        assert (problem["rule"], problem["value"]) == ("nodeIds", "102")

    def write(self) -> None:
        url = f"{self.gateway}/solarquery/api/v1/sec/datum/meta/101?sourceId=/a"
        assert self.expect(200, "POST", url, '{"m": {"a": "größe"}}')["body"] == '{"m": {"a": "größe"}}'

    def outcomes(self) -> dict[str, str]:
        """Return "" or what went wrong for each call that the client has."""
        return {name: _outcome(call, self) for name, call in CALLS.items() if name not in self.client.lacks}


def _expect(status: int, answer: Answer) -> Any:
    assert answer.status == status, f"{answer.status} instead of {status}: {answer.document}"
    assert answer.document["success"] is (status == 200)
    return answer.document["data"] if status == 200 else answer.document


def _outcome(call: Callable[[Calls], None], calls: Calls) -> str:
    try:
        call(calls)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


CALLS: dict[str, Callable[[Calls], None]] = {
    "list": Calls.list,
    "find": Calls.find,
    "generate a User token": Calls.generate_user,
    "generate a Data token": Calls.generate_data,
    "change name and description": Calls.describe,
    "change name and description with a form": Calls.describe_with_form,
    "merge a policy, identifier in the path": lambda calls: calls.merge(f"{calls.base}/{{id}}"),
    "replace a policy, identifier in the path": lambda calls: calls.replace(f"{calls.base}/{{id}}"),
    "set the status, identifier in the path": lambda calls: calls.set_status(f"{calls.base}/{{id}}?status={{status}}"),
    "delete, identifier in the path": lambda calls: calls.delete(f"{calls.base}/{{id}}"),
    "merge a policy, identifier in the query": lambda calls: calls.merge(f"{calls.base}/policy?tokenId={{id}}"),
    "replace a policy, identifier in the query": lambda calls: calls.replace(f"{calls.base}/policy?tokenId={{id}}"),
    "set the status, identifier in the query": lambda calls: calls.set_status(
        f"{calls.base}/status?tokenId={{id}}&status={{status}}"
    ),
    "delete, identifier in the query": lambda calls: calls.delete(f"{calls.base}?tokenId={{id}}"),
    "refresh a signing key": Calls.refresh,
    "sign with a refreshed key": Calls.use_key,
    "whoami": Calls.whoami,
    "list datum": Calls.read_list,
    "change datum metadata": Calls.write,
    "every level of aggregation": Calls.read_levels,
    "sources with any character": Calls.read_characters,
    "repeated parameters": Calls.read_repeated,
    "a literal + in the query": Calls.read_plus,
    "the reason of a refusal": Calls.read_refusal,
}
