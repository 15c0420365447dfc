import pytest
pytestmark = [pytest.mark.browser, pytest.mark.slow]
def test_a(signed_in):
    signed_in.goto("/accounts/login/")
    assert "x" not in signed_in.url
def test_b(no_js):
    no_js.goto("/accounts/login/")
