"""How much of a request has arrived, told from its bytes alone. What is wrong with it, gunicorn's parser says."""

import re
from enum import Enum

# Four headers of the longest kind that the portal answers itself, and some to spare.
MAX_HEAD_BYTES = 131_072
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n|$)")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:")
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue")
# The last chunk and the trailers behind it.
_LAST_CHUNK = re.compile(rb"(?:\A|\r\n)0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n\Z")


class Arrived(Enum):
    """What there is of a request."""

    PART = "more has to come"
    WHOLE = "all of it, so that nobody has to wait for the rest"
    TOO_LONG_A_HEAD = "a head that is longer than any that is answered"
    TOO_LARGE = "the head of a request whose body is larger than any that is read"


class Arrival:
    """The bytes of one request as they come in."""

    __slots__ = ("_expects", "_length", "_start", "data", "max_body", "since")

    def __init__(self, since: float, max_body: int) -> None:
        """Begin to wait at an instant (seconds of any clock), for a body of so many bytes at most."""
        self.data = bytearray()
        self.since = since
        self.max_body = max_body
        # Where the body starts, and its length; `None` while they are not known, or it comes in chunks.
        self._start: int | None = None
        self._length: int | None = None
        self._expects = False

    def add(self, piece: bytes) -> Arrived:
        """Add what came in, and return what there is now."""
        before = max(0, len(self.data) - len(_END_OF_HEAD))
        self.data += piece
        if self._start is None and not self._read_head(before):
            return Arrived.TOO_LONG_A_HEAD if len(self.data) > MAX_HEAD_BYTES else Arrived.PART
        body = len(self.data) - (self._start or 0)
        if self._length is None:
            if _LAST_CHUNK.search(self.data, self._start or 0):
                return Arrived.WHOLE
            return Arrived.TOO_LARGE if body > self.max_body else Arrived.PART
        if self._length > self.max_body:
            return Arrived.TOO_LARGE
        return Arrived.WHOLE if body >= self._length else Arrived.PART

    def take_expectation(self) -> bool:
        """Return, once, whether the client waits for a word before it sends the body."""
        expects, self._expects = self._expects, False
        return expects

    def _read_head(self, before: int) -> bool:
        end = self.data.find(_END_OF_HEAD, before)
        if end < 0:
            return False
        head = bytes(self.data[:end]).lower()
        self._start = end + len(_END_OF_HEAD)
        self._expects = _EXPECTS.search(head) is not None
        if _CHUNKED.search(head) is None:
            found = _LENGTH.search(head)
            self._length = int(found[1]) if found else 0
        return True
