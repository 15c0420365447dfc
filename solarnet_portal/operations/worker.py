"""Gunicorn's worker with threads, of which none waits for a client: a request gets one only when all of it is there.

Gunicorn gives a thread to each connection that has sent its first byte. A few clients that send half a request, by a bad line or
to do harm, then hold all of them; so do clients that ask much and read nothing. Here the main loop reads what comes in, threads
only answer, and a client that is behind with reading is not answered further.
"""

import errno
import fcntl
import socket
import struct
import termios
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import TYPE_CHECKING, Any

from gunicorn import http
from gunicorn.workers.gthread import TConn

from solarnet_portal.operations.arrivals import Arrival, Arrived

if TYPE_CHECKING:
    WorkerBase = Any
else:
    from gunicorn.workers.gthread import ThreadWorker as WorkerBase

# A whole request has to arrive within this time.
ARRIVAL_SECONDS = 20.0
# What a client has not read of its answers is kept by the kernel, so that no thread waits until it does. Longer answers are
# downloads, whose next piece has to be taken within this time.
_SENDING_BYTES = 1_048_576
SENDING_SECONDS = 20.0
# While the worker stops: what has begun to arrive may still do so.
_STOPPING_SECONDS = 2.0
_PIECE_BYTES = 65_536
# The application reads bodies up to 1 MB (`tokens.conf.MAX_BODY_BYTES`) and refuses larger ones by their length.
_MAX_BODY_BYTES = 1_048_576
# Of all that has arrived in part; beyond it those that have waited longest are dropped.
_MAX_WAITING_BYTES = 33_554_432
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class PatientWorker(WorkerBase):  # type: ignore[misc] # gunicorn ships no types
    """Reads requests in its main loop, however slowly they come, and hands whole ones to its threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin without connections."""
        super().__init__(*args, **kwargs)
        # By when they began to wait.
        self._arrivals: dict[Any, Arrival] = {}
        self._waiting_bytes = 0
        self._unread: set[Any] = set()
        # Those whose next request is there while they have not read the answers before it.
        self._behind: set[Any] = set()
        # Half of the connections at most wait for their request, so that there are always some for others.
        self._most_waiting = max(1, self.worker_connections // 2)

    def accept(self, listener: Any) -> None:
        """Accept a connection, and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                self._drop_oldest()
            elif error.errno not in {errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK}:
                raise
            return
        self.nr_conns += 1
        # Some systems refuse it for a client that has gone already.
        with suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENDING_BYTES)
        conn = TConn(self.cfg, client, address, listener.getsockname())
        self._wait_for(conn)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Wait for the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for(conn)

    def finish_request(self, conn: Any, future: Any) -> None:
        """Close or keep a connection; what it has sent of its next request already is the beginning of that."""
        is_kept = not future.cancelled() and future.exception() is None and future.result() is True
        rest = conn.parser.unreader.take_buffered() if is_kept else b""
        if rest:
            self._wait_for(conn, rest)
        else:
            super().finish_request(conn, future)

    def murder_pending(self) -> None:
        """Close connections whose request did not arrive in time. The main loop calls this once a second."""
        super().murder_pending()
        allowed = ARRIVAL_SECONDS if self.alive else _STOPPING_SECONDS
        latest = time.monotonic() - allowed
        for conn in [conn for conn, arrival in self._arrivals.items() if arrival.since < latest]:
            self._drop(conn)
        for conn in [conn for conn in self._behind if not _is_behind(conn.sock)]:
            self._hand_over(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request in a thread, which waits for a client that does not read only for so long."""
        conn.sock.settimeout(SENDING_SECONDS)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.debug("A client did not read its answer.")
            return False

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        if conn in self._unread:
            # The rest of a body that is too large would be waited for otherwise.
            self._unread.discard(conn)
            return False
        return bool(super()._keepalive_after(conn, keepalive))

    def _wait_for(self, conn: Any, rest: bytes = b"") -> None:
        conn.sock.setblocking(False)
        if len(self._arrivals) >= self._most_waiting:
            self._drop_oldest()
        self._arrivals[conn] = Arrival(time.monotonic(), _MAX_BODY_BYTES)
        self.poller.register(conn.sock, EVENT_READ, partial(self._on_readable, conn))
        if rest:
            self._add(conn, rest)

    def _on_readable(self, conn: Any, _client: Any) -> None:
        if conn not in self._arrivals:
            # Dropped for others, after the poller had seen something of it.
            return
        try:
            piece = conn.sock.recv(_PIECE_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            piece = b""
        if piece:
            self._add(conn, piece)
        else:
            self._drop(conn)

    def _add(self, conn: Any, piece: bytes) -> None:
        arrival = self._arrivals[conn]
        self._waiting_bytes += len(piece)
        arrived = arrival.add(piece)
        if arrived is Arrived.PART:
            if arrival.take_expectation():
                self._send(conn, _CONTINUE)
            while self._waiting_bytes > _MAX_WAITING_BYTES:
                self._drop_oldest()
            return
        if arrived is Arrived.TOO_LONG_A_HEAD:
            self._send(conn, _TOO_LONG)
            self._drop(conn)
            return
        if arrived is Arrived.TOO_LARGE:
            self._unread.add(conn)
        self._hand_over(conn)

    def _hand_over(self, conn: Any) -> None:
        if _is_behind(conn.sock):
            if conn not in self._behind:
                self._behind.add(conn)
                self.poller.unregister(conn.sock)
            return
        data = bytes(self._forget(conn).data)
        if conn.parser is None:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.parser.unreader.unread(data)
        conn.data_ready = True
        self.enqueue_req(conn)

    def _send(self, conn: Any, text: bytes) -> None:
        try:
            conn.sock.send(text)
        except OSError:
            # Whoever does not take a hundred bytes gets no more.
            return

    def _drop_oldest(self) -> None:
        oldest = next(iter(self._arrivals), None)
        if oldest is not None:
            self._drop(oldest)

    def _drop(self, conn: Any) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: Any) -> Arrival:
        arrival = self._arrivals.pop(conn)
        self._waiting_bytes -= len(arrival.data)
        if conn in self._behind:
            self._behind.discard(conn)
        else:
            self.poller.unregister(conn.sock)
        return arrival


def _is_behind(sock: socket.socket) -> bool:
    """Return whether a client has so much left to read that an answer more might not fit in what the kernel keeps for it."""
    try:
        (unread,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
    except OSError:
        # Not every system tells. Then a thread waits, but not for long.
        return False
    return bool(unread > sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) // 4)
