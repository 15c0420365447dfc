"""nginx's site in front of a real portal: what it lets through, what it takes away, and requests that hide in others."""

import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from tests.running import ROOT, Portal, free_port, running, running_portal
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers

pytestmark = pytest.mark.slow
HOST = "portal.example.org"
WHOAMI = "/solaruser/api/v1/sec/whoami"
SITE = ROOT / "deploy" / "nginx"


class Site:
    """The site as a browser reaches it, and the portal behind it."""

    def __init__(self, portal: Portal, port: int, folder: Path) -> None:
        self.portal, self.port, self._folder = portal, port, folder

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"https://127.0.0.1:{self.port}{path}", headers={"Host": HOST, **headers}, verify=False, timeout=20)

    def signed(self, **headers: str) -> httpx.Response:
        token = self.portal.tokens["boss"]
        request = SignedRequest("GET", WHOAMI, "", (("host", HOST),), b"")
        made = signature_headers(request, token_id=token["id"], now=timezone.now(), secret=token["secret"])
        return self.get(WHOAMI, **dict(made), **headers)

    def send(self, raw: bytes) -> bytes:
        """Send bytes as they are, and return all that comes back."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        pieces = []
        with socket.create_connection(("127.0.0.1", self.port), timeout=4) as plain, context.wrap_socket(plain) as client:
            try:
                client.sendall(raw)
                while piece := client.recv(65_536):
                    pieces.append(piece)
            except OSError:
                # It waits for more, or has hung up.
                pieces.append(b"")
        return b"".join(pieces)

    @property
    def seen(self) -> list[str]:
        """The paths that the portal has been asked for, from its access log."""
        return re.findall(r'"[A-Z]+ (\S+) HTTP', (self._folder / "gunicorn.log").read_text())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if not (shutil.which("nginx") or Path("/usr/sbin/nginx").exists()) or not shutil.which("openssl"):
        pytest.skip("nginx or openssl is not installed")
    folder = tmp_path_factory.mktemp("site")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    shutil.copy(SITE / "portal.inc", folder)
    with running_portal(folder, PORTAL_ACCESS_LOG="yes", PORTAL_METRICS_READERS="127.0.0.1") as portal:
        port, plain = free_port(), free_port()
        text = (SITE / "portal.conf").read_text()
        places = {"127.0.0.1:8000": f"127.0.0.1:{portal.port}", "listen 443": f"listen 127.0.0.1:{port}"}
        places |= {"listen 80": f"listen 127.0.0.1:{plain}", "/etc/ssl/portal.pem": str(certificate)}
        places |= {"/etc/ssl/private/portal.key": str(key)}
        for shown, used in places.items():
            assert shown in text
            text = text.replace(shown, used)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
        around = f"daemon off; pid {folder}/pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off;\n{temporary}"
        config = folder / "nginx.conf"
        config.write_text(f"{around}{text}}}\n")
        with running(["nginx", "-c", str(config), "-p", str(folder), "-e", "stderr"], port, folder / "nginx.log"):
            yield Site(portal, port, folder)


class TestWhatPasses:
    def test_signed_requests_do(self, site):
        assert site.signed().status_code == 200

    @pytest.mark.parametrize("path", ["/authorize", "/metrics"])
    def test_what_is_for_gateways_and_operators_does_not(self, site, path):
        before = len(site.seen)
        assert site.get(path).status_code == 404
        assert path not in site.seen[before:]

    def test_probes_do_from_this_machine(self, site):
        assert site.get("/healthz").status_code == 200

    def test_the_client_s_address_is_the_one_that_nginx_sees(self, site, tmp_path):
        assert site.signed(**{"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}).status_code == 200
        site.portal.send("GET", WHOAMI)
        with closing(sqlite3.connect(site._folder / "portal.sqlite3")) as database:
            found = {address for (address,) in database.execute("SELECT address FROM tokens_lastuse WHERE at > 0")}
        assert "203.0.113.9" not in found

    @pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Original-Host", "X-Forwarded-Uri", "X-Original-Uri"])
    def test_what_a_client_says_of_the_way_here_goes_no_further(self, site, name):
        # Two values for one thing would be refused, a wrong one would spoil the signature.
        assert site.signed(**{name: "evil.example.org"}).status_code == 200

    def test_a_wrong_host_is_refused(self, site):
        assert site.get(WHOAMI, Host="evil.example.org").status_code == 400


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: portal.example.org\r\n\r\n"
CHUNKED = b"0\r\n\r\n" + HIDDEN
_HEAD = b"POST /accounts/login/ HTTP/1.1\r\nHost: portal.example.org\r\n"
SMUGGLING = {
    "a length and chunks": _HEAD + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "chunks and a length": _HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + CHUNKED,
    "two lengths": _HEAD + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "two lengths in one": _HEAD + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a signed length": _HEAD + b"Content-Length: +%d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length with a space": _HEAD + b"Content-Length : %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a space before the colon": _HEAD + b"Transfer-Encoding : chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "another coding": _HEAD + b"Transfer-Encoding: xchunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "two codings": _HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNKED,
    "a list of codings": _HEAD + b"Transfer-Encoding: identity, chunked\r\n\r\n" + CHUNKED,
    "a tab": _HEAD + b"Transfer-Encoding:\tchunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "a vertical tab": _HEAD + b"Transfer-Encoding:\x0bchunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "a folded line": _HEAD + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "a bare line feed": _HEAD + b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "a bare carriage return": _HEAD + b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "NUL in a name": _HEAD + b"Transfer-Encoding\x00: chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "an underscore": _HEAD + b"Transfer_Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "a chunk's own extension": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n0;\n" + HIDDEN,
    "a chunk without an end": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\naX0\r\n\r\n" + HIDDEN,
    "a chunk of negative size": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + HIDDEN,
    "a chunk size with a prefix": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + HIDDEN,
    "a trailer": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n",
    "HTTP/1.0 with chunks": _HEAD.replace(b"1.1\r\nHost", b"1.0\r\nHost") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "a body of GET": b"GET /accounts/login/ HTTP/1.1\r\nHost: portal.example.org\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN)
    + HIDDEN,
    "Expect": _HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
}


CASES = pytest.mark.parametrize("number", range(len(SMUGGLING)), ids=SMUGGLING)


def check(site: Site, path: str, answer: bytes) -> None:
    """A request that was hidden is answered as one, or is none: all agree on where a request ends."""
    answered = len(re.findall(rb"HTTP/1\.[01] [2-5]\d\d ", answer))
    # The log has the signed request after it, so it is complete.
    assert site.signed().status_code == 200
    assert site.seen.count(path) <= max(0, answered - 1)


@CASES
def test_no_request_hides_in_another(site, number):
    path = f"/hid{number:03}"
    check(site, path, site.send(list(SMUGGLING.values())[number].replace(b"/hidden", path.encode())))


@CASES
def test_nor_without_nginx(site, number):
    path, answer = f"/bid{number:03}", b""
    with socket.create_connection(("127.0.0.1", site.portal.port), timeout=2) as client:
        try:
            client.sendall(list(SMUGGLING.values())[number].replace(b"/hidden", path.encode()))
            while piece := client.recv(65_536):
                answer += piece
        except OSError:
            # As above.
            answer += b""
    check(site, path, answer)
