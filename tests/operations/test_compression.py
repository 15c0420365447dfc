"""How pages are compressed."""

import gzip

import brotli
import pytest
import zstandard
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from solarnet_portal.operations.compression import CompressionMiddleware
from solarnet_portal.operations.dictionary import page_dictionary
from tests.factories import issue

PAGE = "<p>Grüße vom Dach</p>" * 50
BROWSER = "gzip, deflate, br, zstd"
# What a browser accepts for a page that it has a dictionary for.
WITH_DICTIONARY = f"{BROWSER}, dcb, dcz"


def answer(accepted: str, content: str = PAGE, *, request_headers: dict[str, str] | None = None, **options: str) -> HttpResponse:
    """Return what becomes of a response for somebody who accepts these encodings."""
    request = RequestFactory().get("/", headers={"accept-encoding": accepted, **(request_headers or {})})
    return CompressionMiddleware(lambda _: HttpResponse(content, **options))(request)


def known() -> dict[str, str]:
    """Return the header of a browser that has the dictionary."""
    return {"available-dictionary": page_dictionary().name}


def expand(content: bytes) -> str:
    """Return a page that was compressed with the dictionary (RFC 9842, section 5)."""
    dictionary = page_dictionary()
    head, frame = content[:40], content[40:]
    assert head == bytes.fromhex("5e2a4d1820000000") + dictionary.digest
    return zstandard.ZstdDecompressor(dict_data=dictionary.content).decompress(frame).decode()


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


class TestWithTheDictionary:
    def test_a_browser_that_has_it_gets_the_page_compressed_with_it(self):
        response = answer(WITH_DICTIONARY, request_headers=known())
        assert response["Content-Encoding"] == "dcz"
        assert expand(response.content).startswith(PAGE)
        assert response["Content-Length"] == str(len(response.content))

    @pytest.mark.parametrize("name", [":AAAA:", "", "AAAA", ":" + "A" * 43 + "=:"])
    def test_one_that_has_another_gets_brotli(self, name):
        assert answer(WITH_DICTIONARY, request_headers={"available-dictionary": name})["Content-Encoding"] == "br"

    @pytest.mark.parametrize("accepted", [BROWSER, f"{BROWSER}, dcz;q=0", f"{BROWSER}, dcb"])
    def test_one_that_does_not_take_it_gets_brotli(self, accepted):
        assert answer(accepted, request_headers=known())["Content-Encoding"] == "br"

    @pytest.mark.parametrize("has_it", [True, False])
    def test_a_cache_keeps_what_is_for_it_apart(self, has_it):
        vary = answer(WITH_DICTIONARY, request_headers=known() if has_it else {})["Vary"]
        assert {"Accept-Encoding", "Available-Dictionary"} <= set(vary.split(", "))

    def test_the_length_differs_from_time_to_time(self):
        assert len({len(answer(WITH_DICTIONARY, request_headers=known()).content) for _ in range(50)}) > 10

    def test_the_list_is_little_more_than_half_as_long_as_with_brotli(self, alice, alice_client):
        for number in range(25):
            issue(alice, name=f"Meter {number}", description="In the hall")
        plain = alice_client.get("/tokens/", headers={"accept-encoding": BROWSER})
        small = alice_client.get("/tokens/", headers={"accept-encoding": WITH_DICTIONARY, **known()})
        assert len(small.content) < 0.65 * len(plain.content)
        assert "Meter 24" in expand(small.content)


class TestWhereTheDictionaryIs:
    DOCUMENT = {"sec-fetch-dest": "document"}

    def test_a_browser_is_told_with_a_page(self):
        link = answer(BROWSER, request_headers=self.DOCUMENT)["Link"]
        assert link == f'<{page_dictionary().address}>; rel="compression-dictionary"'

    def test_one_that_has_it_is_not(self):
        assert not answer(WITH_DICTIONARY, request_headers=self.DOCUMENT | known()).has_header("Link")

    def test_nor_with_a_part_of_a_page(self):
        assert not answer(BROWSER, request_headers={"sec-fetch-dest": "empty"}).has_header("Link")
