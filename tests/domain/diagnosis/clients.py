"""A client of SNWS2 in which each part can be wrong: what it signs is written out by hand and signed with the project's keys."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256

from tokens.domain.diagnosis.diagnose import Diagnosis, diagnose
from tokens.domain.diagnosis.schemes import open_case
from tokens.domain.diagnosis.suspecting.keys import KnownSecret
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.keys import sign_string, signing_key

TOKEN_ID = "Zx81aB3dE5fG7hJ9kL0m"
SECRET = "snts_4Yb8Qe2Wm6Rt0Zp1Xc3Vn5Bk7Lj9Hg2F1a2b3c"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HTTP_NOW = "Tue, 24 Nov 2026 09:30:00 GMT"
HOST = "data.example.org"
PATH = "/solarquery/api/v1/sec/datum/list"
QUERY = "sourceId=%2FRoof%20East%2F*&nodeId=101&sort=~a"
CANONICAL_QUERY = "nodeId=101&sort=~a&sourceId=%2FRoof%20East%2F%2A"
NOTHING = sha256().hexdigest()


@dataclass(frozen=True)
class Client:
    """What a client sends, and what it signs. By default all of it is right."""

    method: str = "GET"
    path: str = PATH
    query: str = QUERY
    headers: tuple[tuple[str, str], ...] = (("host", HOST), ("x-sn-date", HTTP_NOW))
    body: bytes = b""
    signed: tuple[str, ...] = ("GET", PATH, CANONICAL_QUERY)
    lines: tuple[str, ...] = (f"host:{HOST}", f"x-sn-date:{HTTP_NOW}")
    names: str = "host;x-sn-date"
    stated_names: str = "host;x-sn-date"
    body_hash: str = NOTHING
    newline: str = "\n"
    end: str = ""
    outer: str = "SNWS2-HMAC-SHA256\n{stamp}\n{hash}"
    stamp: str = "20261124T093000Z"
    token_id: str = TOKEN_ID
    key: bytes = field(default=signing_key(SECRET, TODAY), repr=False)

    @property
    def canonical(self) -> str:
        lines = (*self.signed, *self.lines, self.names, self.body_hash)
        return self.newline.join(line for line in lines if line is not None) + self.end

    @property
    def string_to_sign(self) -> str:
        return self.outer.format(stamp=self.stamp, hash=sha256(self.canonical.encode()).hexdigest(), text=self.canonical)

    def request(self, signature: str = "") -> SignedRequest:
        signature = signature or sign_string(self.key, self.string_to_sign)
        value = f"SNWS2 Credential={self.token_id},SignedHeaders={self.stated_names},Signature={signature}"
        headers = (*self.headers, ("authorization", value))
        return SignedRequest(self.method, self.path, self.query, headers, self.body, hosts=(HOST, f"{HOST}:443"), scheme="https")


def client(**changes: object) -> Client:
    return replace(Client(), **changes)


def diagnose_request(
    request: SignedRequest,
    text: str = "",
    *,
    secrets: tuple[str, ...] = (SECRET,),
    hosts: tuple[str, ...] = (),
    now: datetime = NOW,
) -> Diagnosis:
    case = open_case(request, hosts=hosts, now=now)
    assert case is not None
    return diagnose(case, text, [KnownSecret(lambda secret=secret: secret) for secret in secrets])


def advice(diagnosis: Diagnosis) -> str:
    return "\n".join(f"{mistake.name}: {mistake.advice}" for mistake in diagnosis.mistakes)
