import pytest

from tokens.domain.text import is_origin


@pytest.mark.parametrize(
    "text",
    ["https://data.example.org", "http://127.0.0.1:8000", "https://a", "http://[::1]", "https://[2001:db8::7]:8443"],
)
def test_scheme_host_and_port_are_an_origin(text):
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "data.example.org",
        "ftp://data.example.org",
        "https://",
        "https://data.example.org/",
        "https://Data.example.org",
        "https://data.example.org?a",
        "https://data.example.org#a",
        "https://user@data.example.org",
        "https://data.example.org:",
        "https://-a.example",
        "https://a b",
        "https://a\n",
        "javascript:alert(1)",
    ],
)
def test_anything_else_is_none(text):
    assert not is_origin(text)
