"""Ready programs that sign a request with a token, for the "Use this token" panel.

The private password is read from the environment: the page does not know it.
"""

import json
import shlex
from string import Template
from typing import NamedTuple

from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

_CURL = Template("""\
read -rsp "Private Password: " SNWS2_SECRET; export SNWS2_SECRET
eval "$$(python manage.py sign_request GET $url --token-id=$token)\"""")

_PYTHON = Template("""\
import hmac, os, urllib.request
from datetime import datetime, timezone
from hashlib import sha256
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

token, secret = $token, os.environ["SNWS2_SECRET"]
url = urlsplit($url)

def sign(key, text):
    return hmac.digest(key, text.encode(), "sha256")

now = datetime.now(timezone.utc)
date = now.strftime("%a, %d %b %Y %H:%M:%S GMT")
query = sorted(parse_qsl(url.query, keep_blank_values=True), key=lambda pair: pair[0])
canonical = "\\n".join([
    "GET", url.path, urlencode(query, quote_via=quote, safe="~"),
    f"host:{url.netloc}", f"x-sn-date:{date}", "host;x-sn-date", sha256().hexdigest(),
])
to_sign = f"SNWS2-HMAC-SHA256\\n{now:%Y%m%dT%H%M%SZ}\\n{sha256(canonical.encode()).hexdigest()}"
key = sign(sign(f"SNWS2{secret}".encode(), f"{now:%Y%m%d}"), "snws2_request")
credential = f"SNWS2 Credential={token},SignedHeaders=host;x-sn-date,Signature={sign(key, to_sign).hex()}"
headers = {"Host": url.netloc, "X-SN-Date": date, "Authorization": credential, "Accept": "application/json"}
with urllib.request.urlopen(urllib.request.Request(url.geturl(), headers=headers)) as answer:
    print(answer.read().decode())""")

_JAVASCRIPT = Template("""\
// npm install solarnetwork-api-core
import { AuthorizationV2Builder, HttpHeaders } from "solarnetwork-api-core/lib/net";

const url = $url;
const builder = new AuthorizationV2Builder($token).snDate(true).url(url);
const authorization = builder.build(process.env.SNWS2_SECRET);
const answer = await fetch(url, {
  headers: {
    [HttpHeaders.AUTHORIZATION]: authorization,
    [HttpHeaders.X_SN_DATE]: builder.requestDateHeaderValue,
    Accept: "application/json",
  },
});
console.log(await answer.text());""")


class Snippet(NamedTuple):
    """One program, and the name of the language that it is written in."""

    key: str
    language: str
    code: str


def snippets_for(token_id: str, url: str) -> list[Snippet]:
    """Return one program per language that sends a signed GET request.

    Args:
        token_id: an imported one may hold quotes, so each language gets it as its own literal.
        url: absolute.
    """
    in_shell = {"token": shlex.quote(token_id), "url": shlex.quote(url)}
    # A JSON string is also a string literal in Python and JavaScript.
    literals = {"token": json.dumps(token_id), "url": json.dumps(url)}
    return [
        Snippet("curl", "curl", _CURL.substitute(in_shell)),
        Snippet("python", "Python", _PYTHON.substitute(literals)),
        Snippet("javascript", "JavaScript", _JAVASCRIPT.substitute(literals)),
    ]


def example_path(token_type: TokenType, policy: Policy | None) -> str:
    """Return a request that a token of this type is made for."""
    if token_type is TokenType.USER:
        return "/solaruser/api/v1/sec/user/auth-tokens"
    node = policy.node_ids[0] if policy and policy.node_ids else None
    return "/solarquery/api/v1/sec/datum/list" + (f"?nodeId={node}" if node else "")
