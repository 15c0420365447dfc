"""The OpenAPI document, and a page that shows it without scripts and without another host."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tokens.api.endpoints import api


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[dict[str, Any], ...]
    body: dict[str, Any] | None
    statuses: tuple[tuple[str, str], ...]


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document. It is public and may be cached."""
    response = HttpResponse(json.dumps(_document(), ensure_ascii=False), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the operations as a page."""
    return render(request, "tokens/api_docs.html", {"operations": _operations()})


# Saves 70 ms.
@cache
def _document() -> dict[str, Any]:
    return dict(api.get_openapi_schema(path_prefix=""))


def _operations() -> tuple[Operation, ...]:
    return tuple(
        _parse_operation(method, path, details)
        for path, methods in _document()["paths"].items()
        for method, details in methods.items()
    )


def _parse_operation(method: str, path: str, details: dict[str, Any]) -> Operation:
    content = details.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema")
    return Operation(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details["summary"],
        description=details.get("description", ""),
        parameters=tuple(details["parameters"]),
        body=body,
        statuses=tuple((str(status), response["description"]) for status, response in details["responses"].items()),
    )
