"""The text that browsers keep to read pages with."""

import pytest

from solarnet_portal.operations.dictionary import page_dictionary
from tests.test_start import last_lines

_NAME = """
import django
django.setup()
from solarnet_portal.operations.dictionary import page_dictionary
print(page_dictionary().name)
"""


@pytest.fixture
def answered(client):
    return client.get(page_dictionary().address)


@pytest.mark.django_db
class TestTheAnswer:
    def test_is_the_text(self, answered):
        assert answered.content == page_dictionary().text

    def test_is_a_dictionary_for_every_page(self, answered):
        assert answered["Use-As-Dictionary"] == 'match="/*"'

    def test_is_kept_for_good(self, answered):
        assert answered["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_asks_no_database_and_is_the_same_for_everybody(self, alice_client, django_assert_num_queries):
        with django_assert_num_queries(0):
            answer = alice_client.get(page_dictionary().address)
        assert "Cookie" not in answer.get("Vary", "")
        assert not answer.cookies

    @pytest.mark.parametrize("digest", ["0" * 64, "x"])
    def test_another_version_s_is_not_there(self, client, digest):
        assert client.get(f"/dictionary/{digest}").status_code == 404

    def test_it_has_one_address(self, client):
        head, _, digest = page_dictionary().address.rpartition("/")
        assert client.get(f"{head}/{digest.upper()}").status_code == 404


def test_every_process_makes_the_same():
    one, other = (last_lines(_NAME, 1, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert one == other
    assert one[0].startswith(":")


@pytest.mark.parametrize("text", [b"csrfmiddlewaretoken", b"@example"])
def test_there_is_nothing_of_a_request_or_an_account_in_it(text):
    assert text not in page_dictionary().text


@pytest.mark.parametrize("text", ["<h1>Security Tokens</h1>", 'id="user-tokens"', 'id="data-tokens"', "Log out", ">Rotate</a>"])
def test_it_has_what_every_list_has(text):
    assert text.encode() in page_dictionary().text
