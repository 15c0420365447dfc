"""Telling from bytes alone whether a request is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solarnet_portal.operations.arrivals import MAX_HEAD_BYTES, Arrival, Arrived

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
TRAILED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nh\r\n0;c\r\nX-Sum: 1\r\n\r\n"


def told(*pieces, max_body=100):
    arrival = Arrival(0, max_body)
    return [arrival.add(piece) for piece in pieces][-1]


@pytest.mark.parametrize("request_bytes", [GET, POST, CHUNKED, TRAILED])
class TestWhole:
    def test_it_is_known_at_its_last_byte_and_no_sooner(self, request_bytes):
        arrival = Arrival(0, 100)
        found = [arrival.add(bytes([byte])) for byte in request_bytes]
        assert found == [Arrived.PART] * (len(request_bytes) - 1) + [Arrived.WHOLE]

    @given(data=st.data())
    def test_it_is_however_the_line_cuts_it(self, request_bytes, data):
        cuts = sorted(data.draw(st.lists(st.integers(0, len(request_bytes)), max_size=6)))
        pieces = [request_bytes[start:end] for start, end in zip([0, *cuts], [*cuts, len(request_bytes)], strict=True)]
        assert told(*pieces) is Arrived.WHOLE


# A client that sends more behind its last chunk waits for the time limit: no browser does.
@pytest.mark.parametrize("request_bytes", [GET, POST])
def test_the_beginning_of_the_next_one_is_kept_with_it(request_bytes):
    arrival = Arrival(0, 100)
    assert arrival.add(request_bytes + b"GET /next") is Arrived.WHOLE
    assert arrival.data.endswith(b"GET /next")


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\ncontent-length:5\r\n\r\n",
        b"POST / HTTP/1.1\r\nCONTENT-LENGTH: \t 5 \r\nA: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nX-Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_a_length_is_read_however_it_is_written(head):
    assert told(head + b"hell") is Arrived.PART
    assert told(head + b"hello") is Arrived.WHOLE


@pytest.mark.parametrize("head", [b"Content-Length: 101", b"Content-Length: 999999999999999999"])
def test_a_body_that_is_too_large_is_not_waited_for(head):
    assert told(b"POST / HTTP/1.1\r\n" + head + b"\r\n\r\n") is Arrived.TOO_LARGE


def test_chunks_without_an_end_are_bounded():
    assert told(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\n" + b"x" * 200) is Arrived.TOO_LARGE


def test_a_head_without_an_end_is_bounded():
    assert told(b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD_BYTES) is Arrived.TOO_LONG_A_HEAD


@pytest.mark.parametrize("length", [b"x", b"-1", b"5, 5", b"", b"9" * 19])
def test_a_length_that_is_none_is_gunicorn_s_to_refuse(length):
    assert told(b"POST / HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n") is Arrived.WHOLE


def test_a_client_that_waits_for_a_word_gets_it_once():
    arrival = Arrival(0, 100)
    arrival.add(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    assert [arrival.take_expectation(), arrival.take_expectation()] == [True, False]
