"""Refuses the parameters that a call does not know (SPEC, "HTTP API"): a misspelt filter must not return everything."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TypeAlias

from django.http import HttpResponse, QueryDict
from ninja.errors import ValidationError
from ninja.operation import Operation

from tokens.api.authentication import ApiRequest
from tokens.api.inputs import is_form
from tokens.api.responses import parameter_problems
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.text import shorten

Run: TypeAlias = Callable[..., HttpResponse]


def refuse_unknown_parameters(run: Run) -> Run:
    """Decorate the `run` of an operation of ninja's, so that it only runs with parameters that its signature names.

    The 422 also lists what is wrong with the parameters that it does name.
    """
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    known = tuple(_names_in_query(operation))
    has_body = "requestBody" in (operation.openapi_extra or {})

    @wraps(run)
    def checked(request: ApiRequest, **path: object) -> HttpResponse:
        problems = [_unknown_parameter(name, known) for name in request.GET if name not in known]
        # Where a body is read, its reader refuses what it does not know.
        if not has_body and is_form(request.auth.signed):
            problems += [_form_parameter(name, known) for name in QueryDict(request.auth.signed.body or b"")]
        if not problems:
            return run(request, **path)
        try:
            operation._get_values(request, path, HttpResponse())
        except ValidationError as error:
            problems += parameter_problems(error)
        return operation.api.on_exception(request, PolicyError(problems))

    return checked


def _names_in_query(operation: Operation) -> Iterable[str]:
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            yield from model.__ninja_flatten_map__


def _unknown_parameter(name: str, known: tuple[str, ...]) -> Problem:
    has = f"Its parameters are {', '.join(known)}" if known else "It has none"
    return Problem(shorten(name), f"This call does not know the parameter {shorten(name)}. {has}.", shorten(name))


def _form_parameter(name: str, known: tuple[str, ...]) -> Problem:
    if name in known:
        return Problem(name, "Send it in the query. This call does not read forms.", name)
    return _unknown_parameter(name, known)
