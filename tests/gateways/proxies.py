"""How each proxy is started with its example from docs/gateways, and the small service that stands behind it."""

import http.server
import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.running import ROOT, Portal, Reply, free_port, running, send

EXAMPLES = ROOT / "docs" / "gateways"
# The wheels of the group `gateways` put their programs there.
_BESIDE_PYTHON = Path(sys.executable).parent


class Echo(http.server.BaseHTTPRequestHandler):
    """Responds with the method, path, headers and body that reached it; its own idea of CORS is for the proxy to replace."""

    def response(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        echo = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps(echo).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "https://service.example.org")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = response  # noqa: N815 -- the base class's names

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve at a free port of this machine until the block ends."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Gateway:
    """A proxy in front of the service."""

    name: str
    portal: Portal
    url: str

    @property
    def tells_length(self) -> bool:
        """Whether the portal learns how long the original body is."""
        return self.name != "traefik"

    def send(self, method: str, path: str, body: bytes = b"", *, token: str | dict[str, Any] = "data", **options: Any) -> Reply:
        credential = self.portal.tokens[token] if isinstance(token, str) else token
        return send(self.url, method, path, body, token=credential, **options)


@dataclass(frozen=True)
class Places:
    """The portal's port, the service's and the proxy's, and a folder for the proxy's files."""

    portal: int
    upstream: int
    port: int
    folder: Path

    def example(self, name: str, port: int) -> str:
        """Return an example with the places of this run; `port` is the one that the example listens at."""
        text = (EXAMPLES / name).read_text()
        for shown, used in ((8000, self.portal), (9000, self.upstream), (port, self.port)):
            text = text.replace(f":{shown}", f":{used}").replace(f"port_value: {shown} ", f"port_value: {used} ")
        return text

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)


def nginx(places: Places, *, change: Callable[[str], str] = str) -> list[str]:
    """Return the command; `change` changes the example."""
    folder = places.folder
    shutil.copy(EXAMPLES / "sn-authorize.inc", folder)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    around = f"daemon off; pid {folder}/pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off;\n{temporary}"
    config = places.write("nginx.conf", f"{around}{change(places.example('nginx.conf', 8080))}}}\n")
    return ["nginx", "-c", config, "-p", str(folder), "-e", "stderr"]


def caddy(places: Places) -> list[str]:
    config = places.write("Caddyfile", places.example("Caddyfile", 8081))
    return [str(_BESIDE_PYTHON / "caddy"), "run", "--config", config, "--adapter", "caddyfile"]


def traefik(places: Places) -> list[str]:
    config = places.write("traefik.yml", places.example("traefik.yml", 0))
    return [
        str(_BESIDE_PYTHON / "traefik"),
        f"--entrypoints.web.address=127.0.0.1:{places.port}",
        f"--providers.file.filename={config}",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]


def envoy(places: Places) -> list[str]:
    config = places.write("envoy.yaml", places.example("envoy.yaml", 8082))
    return [str(_BESIDE_PYTHON / "envoy"), "--config-path", config, "--concurrency", "1", "--use-dynamic-base-id"]


PROXIES = {"nginx": nginx, "caddy": caddy, "traefik": traefik, "envoy": envoy}


def skip_if_missing(name: str) -> None:
    """Skip a test if nginx is not installed, or if there is no package of the program for this system."""
    program = "nginx" if name == "nginx" else str(_BESIDE_PYTHON / name)
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


@contextmanager
def gateway_of(name: str, portal: Portal, upstream: int, folder: Path, **options: Any) -> Iterator[Gateway]:
    """Run a proxy with its example until the block ends."""
    skip_if_missing(name)
    places = Places(portal.port, upstream, free_port(), folder)
    command = PROXIES[name](places, **options)
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(folder)}
    url = f"http://127.0.0.1:{places.port}"
    with running(command, places.port, folder / "log", seconds=60, env=environment):
        _wait_for_routes(url)
        yield Gateway(name, portal, url)


def _wait_for_routes(url: str) -> None:
    """Return once the portal refuses an unsigned request: Traefik listens a moment before it has read its routes."""
    for _ in range(100):
        try:
            urlopen(f"{url}/", timeout=60).close()
        except HTTPError as error:
            error.close()
            if error.code == 401:
                return
        time.sleep(0.05)
    raise AssertionError("The proxy does not ask the portal.")
