"""How the OpenAPI document describes signed requests.

OpenAPI knows no signature. `apiKey` makes generators ask for one fixed value, and `scheme: signature` an older draft's. With
`http` and a name of its own they send nothing by themselves, and the program adds what signs each request
(docs/decisions/openapi.md has the evidence).
"""

from typing import Any

SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "SNWS2": {
        "type": "http",
        "scheme": "SNWS2",
        "description": (
            "SolarNetwork's signature: Authorization: SNWS2 Credential=…,SignedHeaders=…,Signature=…. It covers the method, "
            "the path, the query, the date, the host and the body, so every request needs its own: no fixed value of the header "
            "works. Add a signer to the HTTP client (docs/signers/ has one for each of four)."
        ),
    },
}

# Either will do. Once for the whole document: openapi-python-client demands a fixed token of an operation that has its own.
SECURITY: list[dict[str, list[str]]] = [{name: []} for name in SECURITY_SCHEMES]
