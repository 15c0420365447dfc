"""Signs requests of programs that cannot sign, such as Grafana, with a Data token (SNWS2), and passes them on to the gateway.

Run it on the machine of that program: whoever can reach it may read what the token may read. It needs Python 3.11 and nothing
else, and takes its settings from the environment:

    SN_GATEWAY      where requests go, https://data.example.org
    SN_TOKEN_ID     the token's identifier
    SN_SECRET_FILE  a file that holds the token's private password
    SN_LISTEN       where it listens; 127.0.0.1:8090 unless set
    SN_KNOWN_AS     the host (and port) that the program calls it by, if that is not SN_LISTEN
"""

import hmac
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

GATEWAY = urlsplit(os.environ["SN_GATEWAY"])
TOKEN_ID = os.environ["SN_TOKEN_ID"]
SECRET = Path(os.environ["SN_SECRET_FILE"]).read_text(encoding="utf-8").strip()
LISTEN = os.environ.get("SN_LISTEN", "127.0.0.1:8090")
KNOWN_AS = os.environ.get("SN_KNOWN_AS", LISTEN)
HANDED_BACK = ("Content-Type", "Retry-After", "X-SN-ErrorMessage", "X-SN-Token-Expires")
_NOTHING = sha256(b"").hexdigest()
_SIGNED_HEADERS = "host;x-sn-date"


def canonical_query(query: str) -> str:
    """Return a query as SNWS2 signs it; sent like this, there is only one way to read it."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True), key=lambda pair: pair[0])
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)


def signature_headers(method: str, path: str, query: str, now: datetime) -> dict[str, str]:
    """Return the headers that sign a request without a body (SNWS2)."""
    date = format_datetime(now, usegmt=True)
    lines = (method, path, query, f"host:{GATEWAY.netloc}", f"x-sn-date:{date}", _SIGNED_HEADERS, _NOTHING)
    request_hash = sha256("\n".join(lines).encode()).hexdigest()
    key = hmac.digest(hmac.digest(f"SNWS2{SECRET}".encode(), f"{now:%Y%m%d}".encode(), "sha256"), b"snws2_request", "sha256")
    string_to_sign = f"SNWS2-HMAC-SHA256\n{now:%Y%m%dT%H%M%SZ}\n{request_hash}"
    signature = hmac.new(key, string_to_sign.encode(), "sha256").hexdigest()
    credential = f"Credential={TOKEN_ID},SignedHeaders={_SIGNED_HEADERS},Signature={signature}"
    return {"Host": GATEWAY.netloc, "X-SN-Date": date, "Authorization": f"SNWS2 {credential}"}


class SigningProxy(BaseHTTPRequestHandler):
    """Passes GET and HEAD on, signed, without the headers that came with them, and hands the answer back."""

    timeout = 60

    def do_GET(self) -> None:
        """Sign and pass on a request."""
        # A page in a browser could have its own name point here and then read the answers.
        if self.headers.get("Host") != KNOWN_AS:
            self.send_error(403, "Call this proxy by its own name.")
            return
        if not (self.path.startswith("/") and self.path.isascii()):
            self.send_error(400, "Name a path.")
            return
        path, _, query = self.path.partition("?")
        query = canonical_query(query)
        headers = {"Accept": self.headers.get("Accept", "*/*")}
        headers |= signature_headers(self.command, path, query, datetime.now(UTC))
        connection = (HTTPSConnection if GATEWAY.scheme == "https" else HTTPConnection)(GATEWAY.netloc, timeout=self.timeout)
        try:
            connection.request(self.command, f"{path}?{query}" if query else path, headers=headers)
            response = connection.getresponse()
            self.hand_back(response.status, response.headers, response.read())
        except (OSError, HTTPException):
            self.send_error(502, "The gateway cannot be reached.")
        finally:
            connection.close()

    do_HEAD = do_GET  # noqa: N815 -- the base class's name

    def hand_back(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send the gateway's answer."""
        self.send_response(status)
        for name in HANDED_BACK:
            if value := headers.get(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    host, _, port = LISTEN.rpartition(":")
    ThreadingHTTPServer((host, int(port)), SigningProxy).serve_forever()
