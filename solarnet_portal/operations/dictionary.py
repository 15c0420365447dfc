"""The text that pages have in common, as a dictionary that browsers keep and pages are compressed with (RFC 9842).

What a browser has of a page already is not sent again: of the list, its tokens are left.
"""

import base64
import hashlib
from functools import lru_cache
from typing import NamedTuple

import zstandard
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

# Before a page that is compressed so, and followed by the dictionary's hash (RFC 9842, section 5).
_MAGIC = bytes.fromhex("5e2a4d1820000000")
# The next ones take longer, for a few bytes less; the quick ones make a list of tokens that differ a tenth larger.
_LEVEL = 8


class PageDictionary(NamedTuple):
    """A dictionary.

    Attributes:
        text: what it holds; nothing of any account.
        digest: its SHA-256.
        name: the digest as a request names it (`Available-Dictionary`).
        address: where browsers get it.
        content: the text, read by the library.
    """

    text: bytes
    digest: bytes
    name: str
    address: str
    content: zstandard.ZstdCompressionDict

    def compress(self, page: bytes) -> bytes:
        """Return a page as the content encoding `dcz` has it."""
        # Its own each time: threads may not share one.
        compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=self.content)
        return _MAGIC + self.digest + compressor.compress(page)


@lru_cache(maxsize=1)
def page_dictionary() -> PageDictionary:
    """Return the dictionary of this version: every process that runs it makes the same one.

    Raises:
        ValueError: the static files have not been collected, so that no page can be drawn.
    """
    from tokens.views.lists.warming import draw_once

    text = draw_once().encode()
    digest = hashlib.sha256(text).digest()
    name = f":{base64.b64encode(digest).decode()}:"
    content = zstandard.ZstdCompressionDict(text, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return PageDictionary(text, digest, name, reverse("dictionary", args=[digest.hex()]), content)


@require_safe
def tell_dictionary(request: HttpRequest, digest: str) -> HttpResponse:
    """Return the dictionary, for good; another version's is not there."""
    dictionary = page_dictionary()
    if digest != dictionary.digest.hex():
        raise Http404
    return HttpResponse(
        dictionary.text,
        content_type="text/plain; charset=utf-8",
        headers={"Use-As-Dictionary": 'match="/*"', "Cache-Control": "public, max-age=31536000, immutable"},
    )
