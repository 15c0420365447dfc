"""No thread waits for a client: a real server, and clients that send half a request."""

import re
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn

from solarnet_portal.operations import worker
from tests.running import running_portal

pytestmark = pytest.mark.slow
HALF_HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
HALF_BODY = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nlogin="
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    with running_portal(tmp_path_factory.mktemp("portal")) as portal:
        yield portal.port


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        yield client


def read_to_the_end(client: socket.socket) -> bytes:
    pieces = []
    while piece := client.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def statuses(answer: bytes) -> list[str]:
    return [status.decode() for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def ask(port: int, *pieces: bytes) -> list[str]:
    with connected(port) as client:
        for piece in pieces:
            client.sendall(piece)
        return statuses(read_to_the_end(client))


@pytest.mark.parametrize("half", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "half a head", "half a body"])
def test_two_hundred_clients_that_wait_keep_nobody_else_waiting(port, half):
    # Eight threads in all (solarnet_portal/gunicorn.py).
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(200)]
    try:
        for client in clients:
            client.sendall(half)
        assert [ask(port, LAST) for _ in range(10)] == [["200"]] * 10
    finally:
        for client in clients:
            client.close()


def test_forty_clients_that_do_not_read_keep_nobody_else_waiting(port):
    # Five megabytes for each, more than the kernel keeps for anybody.
    much = b"GET /solaruser/api/v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50
    clients = []
    try:
        for _ in range(40):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(("127.0.0.1", port))
            client.sendall(much)
            clients.append(client)
        assert [ask(port, LAST) for _ in range(10)] == [["200"]] * 10
    finally:
        for client in clients:
            client.close()


BOMBS = {
    "a hundred long headers": b"".join(b"X-%d: %s\r\n" % (number, b"a" * 8_000) for number in range(100)) + b"\r\n",
    "a header of a megabyte": b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "ten thousand headers": b"".join(b"X-%d: a\r\n" % number for number in range(10_000)) + b"\r\n",
    "no end": b"X: " + b"a" * 5_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_head_that_is_too_long_is_refused_while_it_comes(port, bomb):
    with connected(port) as client:
        try:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + bomb)
        except OSError:
            # It was refused before it was all sent.
            assert bomb
        try:
            assert client.recv(100).startswith(b"HTTP/1.1 431 ")
        except ConnectionResetError:
            # The refusal was overtaken by the end of the connection.
            assert len(bomb) > 100_000
    assert ask(port, LAST) == ["200"]


def test_who_reads_late_gets_every_answer(port):
    with connected(port) as client:
        client.sendall(b"GET /solaruser/api/v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 30 + LAST)
        time.sleep(1.5)
        assert statuses(read_to_the_end(client)) == ["200"] * 31


def test_a_request_that_comes_byte_by_byte_is_answered(port):
    assert ask(port, *(bytes([byte]) for byte in LAST)) == ["200"]


def test_half_a_request_that_is_finished_later_is_answered(port):
    with connected(port) as client:
        client.sendall(HALF_HEAD)
        assert ask(port, LAST) == ["200"]
        client.sendall(b"1\r\nConnection: close\r\n\r\n")
        assert statuses(read_to_the_end(client)) == ["200"]


def test_several_in_one_packet_are_answered_in_turn(port):
    assert ask(port, WHOLE + WHOLE + LAST) == ["200", "200", "200"]


def test_half_of_the_next_one_in_the_same_packet_holds_no_thread(port):
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(30)]
    try:
        for client in clients:
            client.sendall(WHOLE + HALF_HEAD)
        assert [ask(port, LAST) for _ in range(5)] == [["200"]] * 5
        clients[0].sendall(b"1\r\nConnection: close\r\n\r\n")
        assert statuses(read_to_the_end(clients[0])) == ["200", "200"]
    finally:
        for client in clients:
            client.close()


def test_a_client_that_waits_for_a_word_before_its_body_gets_it(port):
    head = b"POST /report/ HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    with connected(port) as client:
        client.sendall(head)
        assert statuses(client.recv(1000)) == ["100"]
        client.sendall(b"{}")
        assert statuses(read_to_the_end(client))[-1] != "100"


def test_a_body_that_is_too_large_is_refused_before_it_comes(port):
    head = b"POST /solaruser/api/v1/sec/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999999\r\n\r\n"
    assert ask(port, head) == ["413"]


def test_a_head_without_an_end_is_refused(port):
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        try:
            for _ in range(40):
                client.sendall(b"X: " + b"x" * 4000 + b"\r\n")
            answer = read_to_the_end(client)
        except ConnectionError:
            # The server closed while more was on its way.
            return
        assert statuses(answer) == ["431"]


class TestTime:
    @pytest.fixture
    def patient(self, monkeypatch):
        """A worker without a process, and a client whose request it waits for."""
        config = Config()
        one = worker.PatientWorker(1, 1, [], None, 30, config, Logger(config))
        one.poller = selectors.DefaultSelector()
        one.tpool = None
        ours, theirs = socket.socketpair()
        one.nr_conns = 1
        one._wait_for(TConn(config, ours, "client", "server"))
        yield one, theirs
        theirs.close()
        ours.close()
        one.poller.close()
        one.tmp.close()

    def test_half_a_request_is_given_up_after_a_while(self, patient, monkeypatch):
        one, client = patient
        one.murder_pending()
        assert one.nr_conns == 1
        later = time.monotonic() + worker.ARRIVAL_SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        one.murder_pending()
        assert one.nr_conns == 0
        assert client.recv(10) == b""

    def test_a_worker_that_stops_waits_a_moment_only(self, patient, monkeypatch):
        one, _ = patient
        one.alive = False
        later = time.monotonic() + 3
        monkeypatch.setattr(time, "monotonic", lambda: later)
        one.murder_pending()
        assert one.nr_conns == 0

    def test_who_came_first_makes_room_when_there_is_none(self, patient):
        one, client = patient
        one._most_waiting = 1
        ours, theirs = socket.socketpair()
        one.nr_conns = 2
        one._wait_for(TConn(one.cfg, ours, "client", "server"))
        assert one.nr_conns == 1
        assert client.recv(10) == b""
        one._drop_oldest()
        theirs.close()

    def test_what_waits_is_bounded_in_bytes(self, patient, monkeypatch):
        one, client = patient
        monkeypatch.setattr(worker, "_MAX_WAITING_BYTES", 10)
        client.sendall(HALF_HEAD)
        (conn,) = one._arrivals
        one._on_readable(conn, None)
        assert one.nr_conns == 0
        # What the poller had seen of it in the same moment is nothing any more.
        one._on_readable(conn, None)
