"""What runs for programs and what for pages (SPEC, "Speed")."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.utils.module_loading import import_string

PROGRAMS = ["/authorize", "/solaruser/api/v1/sec/user/auth-tokens", "/solarquery/api/v1/sec/datum/list", "/solarin/api/v1/sec/x"]
FOR_PROGRAMS = [
    "RequestMiddleware",
    "HealthMiddleware",
    "BodylessHeadMiddleware",
    "TrustedProxyMiddleware",
    "SecurityMiddleware",
    "ApiCorsMiddleware",
    "GZipMiddleware",
    "CommonMiddleware",
    "PrivatePagesMiddleware",
]
FOR_PAGES = [
    "RequestMiddleware",
    "HealthMiddleware",
    "BodylessHeadMiddleware",
    "TrustedProxyMiddleware",
    "SecurityMiddleware",
    "WhiteNoiseMiddleware",
    "UnavailableMiddleware",
    "PageMethodsMiddleware",
    "CompressionMiddleware",
    "CSPMiddleware",
    "SessionMiddleware",
    "CommonMiddleware",
    "CsrfViewMiddleware",
    "AuthenticationMiddleware",
    "MessageMiddleware",
    "XFrameOptionsMiddleware",
    "HtmxMiddleware",
    "AccountMiddleware",
    "ProofMiddleware",
    "SecondFactorMiddleware",
    "PrivatePagesMiddleware",
    "HtmxResponseMiddleware",
]
HOOKS = ("process_view", "process_exception", "process_template_response")


def recording(name: str, make: Callable[[Any], Any], seen: list[str]) -> Callable[[Any], Any]:
    """Return a middleware that does the same and adds its name to what was seen."""

    def make_recording(get_response: Any) -> Any:
        layer = make(get_response)

        def call(request: Any) -> Any:
            seen.append(name)
            return layer(request)

        for hook in HOOKS:
            if hasattr(layer, hook):
                setattr(call, hook, getattr(layer, hook))
        return call

    return make_recording


@pytest.fixture
def seen(monkeypatch) -> list[str]:
    """Return the names of the middleware that has run, in order."""
    names: list[str] = []
    for path in {*settings.MIDDLEWARE, *settings.PROGRAM_MIDDLEWARE} - {"tokens.middleware.ProgramMiddleware"}:
        monkeypatch.setattr(path, recording(path.rpartition(".")[2], import_string(path), names))
    return names


@pytest.mark.django_db
@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_get_their_own_middleware_alone(seen, path):
    Client().get(path)
    assert seen == FOR_PROGRAMS


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/tokens/", "/accounts/login/", "/admin/login/", "/authorized", "/nothing-here"])
def test_pages_get_all_the_rest(seen, path):
    Client().get(path)
    assert seen == FOR_PAGES


@pytest.mark.django_db
@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_get_no_cookie_and_nothing_that_is_for_pages(path):
    response = Client().get(path)
    assert not response.cookies
    assert {"Content-Security-Policy", "X-Frame-Options"}.isdisjoint(response.headers)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Length"] == str(len(response.content))


@pytest.mark.django_db
def test_a_program_gets_the_envelope_if_the_database_is_away(monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr("tokens.api.authentication.judge_request", fail)
    response = Client().get("/solaruser/api/v1/sec/user/auth-tokens")
    assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "UNAVAILABLE", "5")
