"""The OpenAPI document, and a page that shows it without scripts and without another host."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from django.views.decorators.http import require_safe

from tokens.api.openapi.document import build_document
from tokens.api.openapi.references import resolve


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[dict[str, Any], ...]
    body: dict[str, Any]
    statuses: tuple[tuple[str, str], ...]


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document. It is public and may be cached: its address has the host that it names as server."""
    document = build_document(_server_of(request))
    response = HttpResponse(json.dumps(document, ensure_ascii=False), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the operations and the signing schemes as a page."""
    document = build_document(_server_of(request))
    schemes = document["components"]["securitySchemes"]
    return render(request, "tokens/api_docs.html", {"operations": _operations(document), "schemes": schemes})


def _server_of(request: HttpRequest) -> str:
    """Return the portal's address as the request was made; the host was checked against the settings."""
    return request.build_absolute_uri(get_script_prefix()).rstrip("/")


def _operations(document: dict[str, Any]) -> tuple[Operation, ...]:
    schemas = document["components"]["schemas"]
    return tuple(
        _parse_operation(method, path, details, schemas)
        for path, methods in document["paths"].items()
        for method, details in methods.items()
    )


def _parse_operation(method: str, path: str, details: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    content = details.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    return Operation(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details["summary"],
        description=details.get("description", ""),
        parameters=tuple(details["parameters"]),
        body=_properties(body, schemas),
        statuses=tuple((status, response["description"]) for status, response in details["responses"].items()),
    )


def _properties(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a body by name, of all its alternatives together."""
    schema = resolve(schema, schemas)
    properties: dict[str, Any] = dict(schema.get("properties", {}))
    for option in schema.get("anyOf", []):
        properties |= _properties(option, schemas)
    return properties
