"""The OpenAPI document, and a page to read it that needs no script and no other host."""

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
    """One call, as the page shows it."""

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
    """Return the OpenAPI document; it holds nothing secret and may be cached for a while."""
    response = HttpResponse(_document_text(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the calls to people."""
    return render(request, "tokens/api_docs.html", {"operations": _operations()})


@cache
def _document() -> dict[str, Any]:
    return dict(api.get_openapi_schema(path_prefix=""))


@cache
def _document_text() -> str:
    return json.dumps(_document(), ensure_ascii=False)


@cache
def _operations() -> tuple[Operation, ...]:
    return tuple(
        _read_operation(method, path, told) for path, methods in _document()["paths"].items() for method, told in methods.items()
    )


def _read_operation(method: str, path: str, told: dict[str, Any]) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema")
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        description=told.get("description", ""),
        parameters=tuple(told["parameters"]),
        body=body,
        statuses=tuple((str(status), response["description"]) for status, response in told["responses"].items()),
    )
