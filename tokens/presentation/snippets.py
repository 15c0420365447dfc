"""Ready programs that sign a request with a token, for the "Use this token" panel.

The private password is read from the environment: the page does not know it.
"""

import json
import shlex
from collections.abc import Sequence
from string import Template
from typing import NamedTuple

from tokens.domain.authorization.paths import WHOAMI_PATH
from tokens.domain.authorization.rules import decide_api_path
from tokens.domain.outcomes import Denied
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.signing_keys import KeyKind

# The functions of docs/signers/: a key never becomes an argument of openssl, where other users of the machine could see it.
_SHELL_HMAC = r"""
sha256() { openssl dgst -sha256 -binary; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
bytes() {
  left=$1 count=$2
  while [ "$count" -gt 0 ]; do
    after=${left#??}
    printf "\\$(printf %03o $((0x0${left%"$after"} ^ $3)))"
    left=$after count=$((count - 1))
  done
}
hmac() { { bytes "$1" 64 0x5c; { bytes "$1" 64 0x36; cat; } | sha256; } | sha256; }
"""


class _ShellTemplate(Template):
    """`@name` is replaced: a shell has its own use for the dollar sign."""

    delimiter = "@"


# In a shell of its own, so that it can be pasted into any, and leaves nothing behind.
_CURL = _ShellTemplate(
    r"""sh <<'END'"""
    + _SHELL_HMAC
    + r""": "${SNWS2_SECRET:?}"
token=@token
get() {
  rest=${1#*://} query=
  host=${rest%%/*}
  path=${rest#"$host"}
  case $path in *\?*) query=$(printf %s "${path#*\?}" | tr '&' '\n' | LC_ALL=C sort -s -t= -k1,1 | paste -sd '&' -) ;; esac
  now=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT/%Y%m%dT%H%M%SZ')
  stamp=${now#*/}
  headers=$(printf 'host:%s\nx-sn-date:%s\nhost;x-sn-date' "$host" "${now%/*}")
  canonical=$(printf '%s\n' GET "${path%%\?*}" "$query" "$headers" "$(printf '' | sha256 | hex)")
  key=$(printf %s "${stamp%T*}" | hmac "$(printf 'SNWS2%s' "$SNWS2_SECRET" | hex)" | hex)
  key=$(printf snws2_request | hmac "$key" | hex)
  signature=$(printf 'SNWS2-HMAC-SHA256\n%s\n%s' "$stamp" "$(printf %s "$canonical" | sha256 | hex)" | hmac "$key" | hex)
  credential="SNWS2 Credential=$token,SignedHeaders=host;x-sn-date,Signature=$signature"
  curl -sS -w '\n' -H "X-SN-Date: ${now%/*}" -H "Authorization: $credential" -H 'Accept: application/json' "$1"
}
@calls
END"""
)

_PYTHON = Template("""\
import hmac, os, urllib.request
from datetime import datetime, timezone
from hashlib import sha256
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

token, secret = $token, os.environ["SNWS2_SECRET"]
urls = $urls

def sign(key, text):
    return hmac.digest(key, text.encode(), "sha256")

for url in map(urlsplit, urls):
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

const urls = $urls;
for (const url of urls) {
  const builder = new AuthorizationV2Builder($token).snDate(true).url(url);
  const authorization = builder.build(process.env.SNWS2_SECRET);
  const answer = await fetch(url, {
    headers: {
      [HttpHeaders.AUTHORIZATION]: authorization,
      [HttpHeaders.X_SN_DATE]: builder.requestDateHeaderValue,
      Accept: "application/json",
    },
  });
  console.log(await answer.text());
}""")

_MESSAGE_CURL = _ShellTemplate(
    r"""sh <<'END'"""
    + _SHELL_HMAC
    + r""": "${SNWS2_SECRET:?}"
token=@token
get() {
  rest=${1#*://}
  host=${rest%%/*}
  path=${rest#"$host"}
  now=$(date -u '+%s/%Y%m%d')
  names='"@@method" "@@authority" "@@path"'
  lines=$(printf '"@@method": GET\n"@@authority": %s\n"@@path": %s' "$host" "${path%%\?*}")
  case $path in *\?*)
    names="$names \"@@query\""
    lines=$(printf '%s\n"@@query": ?%s' "$lines" "${path#*\?}") ;;
  esac
  covered="($names);created=${now%/*};keyid=\"$token:${now#*/}\";tag=\"solarnetwork\""
  key=$(printf %s "${now#*/}" | hmac "$(printf 'SNWS3%s' "$SNWS2_SECRET" | hex)" | hex)
  key=$(printf snws3_request | hmac "$key" | hex)
  signature=$(printf '%s\n"@@signature-params": %s' "$lines" "$covered" | hmac "$key" | openssl base64)
  curl -sS -w '\n' -H "Signature-Input: sn=$covered" -H "Signature: sn=:$signature:" -H 'Accept: application/json' "$1"
}
@calls
END"""
)

_MESSAGE_PYTHON = Template("""\
import hmac, os, urllib.request
from base64 import b64encode
from datetime import datetime, timezone
from json import dumps
from urllib.parse import urlsplit

token, secret = $token, os.environ["SNWS2_SECRET"]
urls = $urls

def sign(key, text):
    return hmac.digest(key, text.encode(), "sha256")

for url in map(urlsplit, urls):
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
const urls = $urls;
const sign = (key, text) => createHmac("sha256", key).update(text).digest();

for (const url of urls.map((text) => new URL(text))) {
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
  console.log(await answer.text());
}""")

# The templates of each language, one a signing scheme. SolarNetwork's JavaScript client signs with SNWS2 alone.
_PROGRAMS = {
    KeyKind.SNWS2: (("curl", _CURL), ("Python", _PYTHON), ("JavaScript", _JAVASCRIPT)),
    KeyKind.SNWS3: (("curl", _MESSAGE_CURL), ("Python", _MESSAGE_PYTHON), ("JavaScript", _MESSAGE_JAVASCRIPT)),
}


_LIST_PATH = "/solaruser/api/v1/sec/user/auth-tokens"
_DATA_PATH = "/solarquery/api/v1/sec/datum/list"


class ExampleCall(NamedTuple):
    """A request of the programs: what it does, as the rest of a sentence, and its absolute URL."""

    does: str
    url: str


class Snippet(NamedTuple):
    """One program, and the name of the language that it is written in; `key` is unique on the page."""

    key: str
    language: str
    code: str


class SnippetGroup(NamedTuple):
    """The programs that sign in one scheme."""

    kind: KeyKind
    snippets: list[Snippet]


def snippets_for(token_id: str, urls: Sequence[str]) -> list[SnippetGroup]:
    """Return one program per language that sends signed GET requests, for each scheme whose signatures can name the token.

    Args:
        token_id: an imported one may hold quotes, so each language gets it as its own literal.
        urls: absolute; their queries percent-encoded.
    """
    in_shell = {"token": shlex.quote(token_id), "calls": "\n".join(f"get {shlex.quote(url)}" for url in urls)}
    # JSON's strings and lists are also literals of Python and JavaScript.
    literals = {"token": json.dumps(token_id), "urls": json.dumps(urls, indent=2)}
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


def curl_with_file(token_id: str, urls: Sequence[str], *, file: str) -> str:
    """Return the program for a shell with curl and openssl that reads the private password from a `.env` file beside it."""
    program = _CURL.substitute(token=shlex.quote(token_id), calls="\n".join(f"get {shlex.quote(url)}" for url in urls))
    return f". {shlex.quote(f'./{file}')} && export SNWS2_SECRET\n{program}"


def example_calls(token_type: TokenType, policy: Policy | None, *, portal: str, service: str) -> list[ExampleCall]:
    """Return GET requests that a token can make as soon as it works: first one that every token may make.

    Args:
        token_type: the token's.
        policy: the token's; `None` if it cannot be read.
        portal: the portal's origin.
        service: the origin of the service that has the account's data; "" if not known.
    """
    calls = [ExampleCall("asks the portal what the token may do", f"{portal}{WHOAMI_PATH}")]
    policy = policy or Policy()
    if token_type is TokenType.USER and _allows(policy, _LIST_PATH):
        calls.append(ExampleCall("lists your account's tokens", f"{portal}{_LIST_PATH}"))
    if token_type is TokenType.DATA and service and _allows(policy, _DATA_PATH):
        query = f"?nodeId={policy.node_ids[0]}" if policy.node_ids else ""
        calls.append(ExampleCall(f"requests data from {service}", f"{service}{_DATA_PATH}{query}"))
    return calls


def _allows(policy: Policy, path: str) -> bool:
    return not isinstance(decide_api_path(policy, path), Denied)
