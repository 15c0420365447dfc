"""docs/gateways/README.md lists every header that the gateway's endpoint reads and sets."""

import re

from tests.docs.markdown import ROOT, in_backticks, table, tables

PAGE = "docs/gateways/README.md"
_SOURCE = (ROOT / "tokens/gateway.py").read_text(encoding="utf-8")


def test_the_response_headers_are_the_code_s():
    passed, _ = tables(PAGE, "What the portal answers")
    documented = {name for row in passed for name in in_backticks(row["header"])}
    assert documented == set(re.findall(r'"(X-SN-[\w-]+)"', _SOURCE))


def test_the_headers_of_a_refusal_are_the_code_s():
    _, refused = tables(PAGE, "What the portal answers")
    documented = {name for row in refused for name in in_backticks(row["header"]) if not name.startswith("Access-Control-")}
    envelope = (ROOT / "tokens/web/envelope.py").read_text(encoding="utf-8")
    assert documented == set(re.findall(r'headers\["([\w-]+)"\]', envelope))


def test_the_request_headers_are_the_code_s():
    documented = {name.upper() for row in table(PAGE, "What the proxy sends") for name in in_backticks(row["header"])}
    read = {name.replace("_", "-") for name in re.findall(r'"HTTP_(X_(?:FORWARDED|ORIGINAL)_\w+)"', _SOURCE)}
    # The client's address is read for every request, by the middleware.
    assert documented == read | {"X-FORWARDED-FOR"}
