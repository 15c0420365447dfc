"""Ready programs that sign a request with a token, for the "Use this token" panel.

The private password is read from the environment: the page does not know it.
"""

import json
import shlex
from string import Template
from typing import NamedTuple

from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.signing_keys import KeyKind

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

_MESSAGE_CURL = Template("""\
read -rsp "Private Password: " SNWS2_SECRET; export SNWS2_SECRET
eval "$$(python manage.py sign_request GET $url --token-id=$token --scheme=rfc9421)\"""")

_MESSAGE_PYTHON = Template("""\
import hmac, os, urllib.request
from base64 import b64encode
from datetime import datetime, timezone
from json import dumps
from urllib.parse import urlsplit

token, secret = $token, os.environ["SNWS2_SECRET"]
url = urlsplit($url)

def sign(key, text):
    return hmac.digest(key, text.encode(), "sha256")

now = datetime.now(timezone.utc)
day = f"{now:%Y%m%d}"
parts = {"@method": "GET", "@authority": url.netloc.lower(), "@path": url.path}
if url.query:
    parts["@query"] = f"?{url.query}"
names = " ".join(f'"{name}"' for name in parts)
covered = f'({names});created={int(now.timestamp())};keyid={dumps(f"{token}:{day}")};tag="solarnetwork"'
base = "\\n".join([*(f'"{name}": {value}' for name, value in parts.items()), f'"@signature-params": {covered}'])
key = sign(sign(f"SNWS3{secret}".encode(), day), "snws3_request")
signature = b64encode(sign(key, base)).decode()
headers = {"Signature-Input": f"sn={covered}", "Signature": f"sn=:{signature}:", "Accept": "application/json"}
with urllib.request.urlopen(urllib.request.Request(url.geturl(), headers=headers)) as answer:
    print(answer.read().decode())""")

_MESSAGE_JAVASCRIPT = Template("""\
import { createHmac } from "node:crypto";

const token = $token;
const url = new URL($url);
const sign = (key, text) => createHmac("sha256", key).update(text).digest();

const now = new Date();
const day = now.toISOString().slice(0, 10).replaceAll("-", "");
const parts = { "@method": "GET", "@authority": url.host, "@path": url.pathname };
if (url.search) parts["@query"] = url.search;
const names = Object.keys(parts).map((name) => `"$${name}"`).join(" ");
const keyid = JSON.stringify(`$${token}:$${day}`);
const covered = `($${names});created=$${Math.floor(now / 1000)};keyid=$${keyid};tag="solarnetwork"`;
const lines = Object.entries(parts).map(([name, value]) => `"$${name}": $${value}`);
const base = [...lines, `"@signature-params": $${covered}`].join("\\n");
const key = sign(sign(`SNWS3$${process.env.SNWS2_SECRET}`, day), "snws3_request");
const answer = await fetch(url, {
  headers: {
    "Signature-Input": `sn=$${covered}`,
    Signature: `sn=:$${sign(key, base).toString("base64")}:`,
    Accept: "application/json",
  },
});
console.log(await answer.text());""")

# The templates of each language, one a signing scheme. SolarNetwork's JavaScript client signs with SNWS2 alone.
_PROGRAMS = {
    KeyKind.SNWS2: (("curl", _CURL), ("Python", _PYTHON), ("JavaScript", _JAVASCRIPT)),
    KeyKind.SNWS3: (("curl", _MESSAGE_CURL), ("Python", _MESSAGE_PYTHON), ("JavaScript", _MESSAGE_JAVASCRIPT)),
}


class Snippet(NamedTuple):
    """One program, and the name of the language that it is written in; `key` is unique on the page."""

    key: str
    language: str
    code: str


class SnippetGroup(NamedTuple):
    """The programs that sign in one scheme."""

    kind: KeyKind
    snippets: list[Snippet]


def snippets_for(token_id: str, url: str) -> list[SnippetGroup]:
    """Return one program per language that sends a signed GET request, for each scheme whose signatures can name the token.

    Args:
        token_id: an imported one may hold quotes, so each language gets it as its own literal.
        url: absolute.
    """
    in_shell = {"token": shlex.quote(token_id), "url": shlex.quote(url)}
    # A JSON string is also a string literal in Python and JavaScript.
    literals = {"token": json.dumps(token_id), "url": json.dumps(url)}
    return [
        SnippetGroup(
            kind,
            [
                Snippet(f"{kind}-{language.lower()}", language, program.substitute(in_shell if language == "curl" else literals))
                for language, program in programs
            ],
        )
        for kind, programs in _PROGRAMS.items()
        if kind.names_token(token_id)
    ]


def example_path(token_type: TokenType, policy: Policy | None) -> str:
    """Return a request that a token of this type is made for."""
    if token_type is TokenType.USER:
        return "/solaruser/api/v1/sec/user/auth-tokens"
    node = policy.node_ids[0] if policy and policy.node_ids else None
    return "/solarquery/api/v1/sec/datum/list" + (f"?nodeId={node}" if node else "")
