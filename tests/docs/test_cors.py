"""docs/spec.md lists the CORS headers that the API sends."""

from django.conf import settings

from tests.docs.markdown import in_backticks, table


def test_the_cors_headers_are_the_settings():
    documented = {in_backticks(row["what"])[0]: in_backticks(row["value"]) for row in table("docs/spec.md", "CORS")}
    assert documented == {
        "Access-Control-Allow-Origin": ["*"],
        "Access-Control-Allow-Methods": settings.CORS_ALLOW_METHODS,
        "Access-Control-Allow-Headers": settings.CORS_ALLOW_HEADERS,
        "Access-Control-Expose-Headers": settings.CORS_EXPOSE_HEADERS,
        "Access-Control-Max-Age": [str(settings.CORS_PREFLIGHT_MAX_AGE)],
    }
