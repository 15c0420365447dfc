"""How pages are compressed."""

import gzip

import brotli
import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from solarnet_portal.operations.compression import CompressionMiddleware
from tests.factories import issue

PAGE = "<p>Grüße vom Dach</p>" * 50
BROWSER = "gzip, deflate, br, zstd"


def answer(accepted: str, content: str = PAGE, **options: str) -> HttpResponse:
    """Return what becomes of a response for somebody who accepts these encodings."""
    request = RequestFactory().get("/", headers={"accept-encoding": accepted})
    return CompressionMiddleware(lambda _: HttpResponse(content, **options))(request)


@pytest.mark.parametrize("accepted", [BROWSER, "br", "BR", "br;q=1.0, gzip;q=0.5", "gzip , br ; q=0.001", "br;q=.5"])
def test_a_browser_that_takes_brotli_gets_it(accepted):
    response = answer(accepted)
    assert response["Content-Encoding"] == "br"
    assert brotli.decompress(response.content).decode().startswith(PAGE)
    assert response["Content-Length"] == str(len(response.content))
    assert "Accept-Encoding" in response["Vary"]


@pytest.mark.parametrize("accepted", ["gzip", "gzip, br;q=0", "gzip, br;q=0.000", "gzip, br;q=0.", "gzip, brotli", "abr, gzip"])
def test_whoever_does_not_take_it_gets_gzip(accepted):
    response = answer(accepted)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content).decode() == PAGE


def test_whoever_takes_neither_gets_the_page_as_it_is():
    response = answer("identity")
    assert response.content.decode() == PAGE
    assert "Accept-Encoding" in response["Vary"]


def test_the_length_differs_from_time_to_time():
    assert len({len(answer(BROWSER).content) for _ in range(50)}) > 10


def test_what_is_added_is_a_comment_behind_the_page():
    text = brotli.decompress(answer(BROWSER).content).decode().removeprefix(PAGE)
    assert text.startswith("<!--")
    assert text.endswith("-->")
    assert ">" not in text[4:-3]


def test_a_short_answer_is_left_as_it_is():
    assert not answer(BROWSER, "<p>No</p>").has_header("Content-Encoding")


def test_what_is_no_page_is_left_to_gzip():
    assert answer(BROWSER, content_type="text/csv")["Content-Encoding"] == "gzip"


def test_what_is_compressed_already_is_not_compressed_twice():
    response = answer(BROWSER, headers={"Content-Encoding": "gzip"})
    assert response.content.decode() == PAGE


def test_bytes_that_have_a_hash_are_left_to_gzip_which_weakens_it():
    response = answer(BROWSER, headers={"ETag": '"1"'})
    assert response["ETag"] == 'W/"1"'


def test_what_is_streamed_is_left_to_gzip():
    request = RequestFactory().get("/", headers={"accept-encoding": BROWSER})
    response = CompressionMiddleware(lambda _: StreamingHttpResponse([PAGE]))(request)
    assert response["Content-Encoding"] == "gzip"


def test_head_says_the_length_that_get_has(client, monkeypatch):
    monkeypatch.setattr(CompressionMiddleware, "max_random_bytes", 1)
    lengths = {
        ask("/accounts/login/", headers={"accept-encoding": BROWSER})["Content-Length"] for ask in (client.get, client.head)
    }
    # The CSRF token of the page is another one each time.
    assert max(map(int, lengths)) - min(map(int, lengths)) < 40


def test_the_list_is_smaller_than_with_gzip(alice, alice_client):
    for _ in range(8):
        issue(alice)
    sizes = {
        name: len(alice_client.get("/tokens/", headers={"accept-encoding": name}).content) for name in ("br", "gzip", "identity")
    }
    assert sizes["br"] < sizes["gzip"] < sizes["identity"]
