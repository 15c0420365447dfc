"""The portal over HTTP: requests a second and response times of gateway and API behind several servers (SPEC, "Speed").

Run: `python -m benchmarks.servers`, with `wrk` installed (a Debian package of that name). Each server has two processes, as in
production; `wrk` keeps 16 connections busy for some seconds (`BENCH_SECONDS`) with requests that were signed beforehand, tokens
picked at random from 100,000 with distinct policies. Server and load share the machine, so only the ratios tell.
"""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
os.environ["BENCH_NAME"] = "servers"

import django

django.setup()

from django.db import connection
from django.utils import timezone

from benchmarks import load
from benchmarks.load import Asked
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign

SECONDS = int(os.environ.get("BENCH_SECONDS", "6"))
CONNECTIONS = 16
REQUESTS = 20_000
ROUNDS = 2
HOST = "data.example.org"
FIND = "/solaruser/api/v1/sec/user/auth-tokens/find"
_GUNICORN = ["gunicorn", "--config", "python:solarnet_portal.gunicorn", "benchmarks.served:application"]
SERVERS = {
    "gunicorn, gthread (as served)": [*_GUNICORN],
    "gunicorn, sync": [*_GUNICORN, "--worker-class", "sync"],
    "granian, WSGI": [
        *(
            "granian",
            "--interface",
            "wsgi",
            "--workers",
            "2",
            "--blocking-threads",
            "4",
            "--no-access-log",
            "--log-level",
            "error",
        ),
        "benchmarks.served:application",
    ],
}
_LUA = """
local requests = {}
for line in io.lines("%s") do
  local method_path, headers = line:match("^([^\\t]+)\\t(.*)$")
  local parsed = {}
  for name, value in headers:gmatch("([^=\\t]+)=([^\\t]*)") do parsed[name] = value end
  requests[#requests + 1] = wrk.format("GET", method_path, parsed)
end
math.randomseed(os.time())
local place = math.random(#requests)
request = function()
  place = place %% #requests + 1
  return requests[place]
end
response = function(status) if status ~= 200 then print("status " .. status) end end
done = function(summary, latency)
  local p50, p99 = latency:percentile(50), latency:percentile(99)
  print(string.format("RESULT %%d %%d %%d %%d", summary.requests, summary.duration, p50, p99))
end
"""


def _signed(asked: Asked, path: str, query: str) -> dict[str, str]:
    request = SignedRequest(method="GET", path=path, query=query, headers=(("host", HOST),))
    return dict(sign(request, token_id=asked.token_id, secret=load.SECRET, now=timezone.now()).headers)


def _gateway(asked: Asked) -> tuple[str, dict[str, str]]:
    forwarded = {
        "x-forwarded-method": "GET",
        "x-forwarded-host": HOST,
        "x-forwarded-proto": "https",
        "x-forwarded-uri": f"{asked.path}?{asked.query}",
    }
    return "/authorize", {**_signed(asked, asked.path, asked.query), **forwarded}


def _api(asked: Asked) -> tuple[str, dict[str, str]]:
    return f"{FIND}?max=1", {**_signed(asked, FIND, "max=1"), "x-forwarded-proto": "https"}


def _plain(asked: Asked) -> tuple[str, dict[str, str]]:
    return f"/plain/{asked.token_pk}", {"Host": HOST}


def _write_requests(folder: Path, kind: str, asked: list[Asked]) -> Path:
    """Write the requests of one kind, and the script with which `wrk` sends them; return the script."""
    make = {"plain view": _plain, "gateway": _gateway, "API find?max=1": _api}[kind]
    lines = []
    for one in random.sample(asked, min(REQUESTS, len(asked))):
        target, headers = make(one)
        lines.append("\t".join([target, *(f"{name.title()}={value}" for name, value in headers.items())]))
    data = folder / f"{kind.split()[0]}.tsv"
    data.write_text("\n".join(lines), encoding="utf-8")
    script = data.with_suffix(".lua")
    script.write_text(_LUA % data, encoding="utf-8")
    return script


@contextmanager
def _serving(command: list[str]) -> Iterator[int]:
    """Serve with a command on a free port; end it after that."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program, *options = command
    address = ["--bind", f"127.0.0.1:{port}"] if program == "gunicorn" else ["--host", "127.0.0.1", "--port", str(port)]
    executable = str(Path(sys.executable).with_name(program))
    process = subprocess.Popen([executable, *address, *options], start_new_session=True)
    try:
        _wait_for(port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("The server did not start.")


def _measure(port: int, script: Path) -> tuple[float, float, float]:
    """Return requests a second, and the 50th and 99th percentile of the response time in milliseconds."""
    options = ["-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), f"http://127.0.0.1:{port}"]
    result = subprocess.run(["wrk", *options], capture_output=True, text=True, check=True)
    if "status " in result.stdout or "Non-2xx" in result.stdout:
        raise AssertionError(result.stdout[-2000:])
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+)", result.stdout)
    if found is None:
        raise AssertionError(result.stdout)
    requests, duration, p50, p99 = map(int, found.groups())
    return requests / duration * 1e6, p50 / 1e3, p99 / 1e3


def _fill() -> dict[str, list[Asked]]:
    owners = load.fill()
    data = load.issue(owners, map(load.full_policy, range(load.TOKENS)), TokenType.DATA, is_used=True)
    users = load.issue(owners, (Policy() for _ in range(load.OTHERS)), TokenType.USER, is_used=True)
    load.analyze()
    return {"plain view": data, "gateway": data, "API find?max=1": users}


def main() -> None:
    """Fill the database, let each server answer each kind of request, and print their table."""
    if shutil.which("wrk") is None:
        sys.exit("Install wrk (apt-get install wrk).")
    kinds = _fill()
    folder = Path(os.environ["BENCH_DIR"])
    print(f"{connection.vendor}, {SECONDS} seconds each, {CONNECTIONS} connections, 2 processes, the best of {ROUNDS} rounds\n")
    print(f"{'':32}{'':16}{'requests/s':>11}{'ratio':>7}{'p50 ms':>8}{'p99 ms':>8}")
    # Each server is a process of its own.
    connection.close()
    for name, command in SERVERS.items():
        if shutil.which(str(Path(sys.executable).with_name(command[0]))) is None:
            print(f"{name:32}is not installed")
            continue
        _print_server(name, command, kinds, folder)


def _print_server(name: str, command: list[str], kinds: dict[str, list[Asked]], folder: Path) -> None:
    plain = 0.0
    with _serving(command) as port:
        for kind, asked in kinds.items():
            script = _write_requests(folder, kind, asked)
            rate, p50, p99 = max(_measure(port, script) for _ in range(ROUNDS))
            plain = plain or rate
            print(f"{name:32}{kind:16}{rate:11.0f}{plain / rate:7.2f}{p50:8.1f}{p99:8.1f}", flush=True)


if __name__ == "__main__":
    main()
