"""How the OpenAPI document describes signed requests.

OpenAPI knows no signature. `apiKey` makes generators ask for one fixed value, and `scheme: signature` an older draft's. With
`http` and a name of its own they send nothing by themselves, and the program adds what signs each request
(docs/decisions/openapi.md has the evidence).
"""

from typing import Any

from tokens.domain.signing.schemes import SCHEMES

_DESCRIPTIONS = {
    "SNWS2": (
        "SolarNetwork's signature: Authorization: SNWS2 Credential=…,SignedHeaders=…,Signature=…. It covers the method, the "
        "path, the query, the date, the host and the body, so every request needs its own: no fixed value of the header works. "
        "Add a signer to the HTTP client; docs/signers/ has them."
    ),
    "RFC 9421": (
        "An HTTP message signature with HMAC-SHA256: the headers Signature-Input and Signature, and no Authorization. It covers "
        "the method, the authority, the path, the query and the digest of the body, so every request needs its own: no fixed "
        "value of the headers works. Add a signer to the HTTP client; docs/signers/ has them."
    ),
}

# By the schemes' own names, without the blanks that a component's name cannot have.
SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    scheme.name.replace(" ", ""): {
        "type": "http",
        "scheme": scheme.name.replace(" ", "-"),
        "description": _DESCRIPTIONS[scheme.name],
    }
    for scheme in SCHEMES
}

# Either will do. Once for the whole document: openapi-python-client demands a fixed token of an operation that has its own.
SECURITY: list[dict[str, list[str]]] = [{name: []} for name in SECURITY_SCHEMES]
