"""Where anyone reports a leaked token: a form for people, and a POST of JSON for scanners. The answer never tells what exists."""

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from tokens.forms.leaks import ReportForm
from tokens.services.audit import Actor
from tokens.services.leaks.reports import MAX_PLACE_LENGTH, MOST_REPORTED, Reported, find_problem, store_reports
from tokens.services.signed_requests.rate_limits import RateLimitExceeded, count_lookup
from tokens.web.actors import address_of, client_of

_MAX_BYTES = 262_144


# A scanner's POST has no cookie, and what it asks for anyone may ask for. The form is protected below.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Take a report. Limited by the network that it comes from."""
    is_json = request.content_type == "application/json"
    if request.method == "POST":
        try:
            count_lookup(address_of(request), now=timezone.now())
        except RateLimitExceeded as error:
            response = _refuse(str(error), 429) if is_json else _show(request, ReportForm(), problem=str(error), status=429)
            response["Retry-After"] = str(error.retry_after)
            return response
    return _take_json(request) if request.method == "POST" and is_json else _take_form(request)


@csrf_protect
def _take_form(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request, ReportForm())
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    store_reports([Reported(form.cleaned_data["value"], form.cleaned_data["place"])], actor=_reporter(request))
    return _show(request, ReportForm(), is_taken=True, status=202)


def _take_json(request: HttpRequest) -> HttpResponse:
    try:
        body = request.body
    except RequestDataTooBig:
        body = b"x" * (_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        return _refuse(f"The message is larger than {_MAX_BYTES:,} bytes. Send it in parts.", 413)
    try:
        found = _read(json.loads(body))
    except ValueError as error:
        return _refuse(str(error) if isinstance(error, _UnreadableReport) else "The message is not JSON.", 422)
    store_reports(found, actor=_reporter(request))
    return JsonResponse({"success": True, "data": {"received": len(found)}}, status=202)


class _UnreadableReport(ValueError):
    """What is wrong with a message, and where."""


def _read(message: Any) -> list[Reported]:
    """Read a message in the shape of GitHub's secret scanning: `[{"token": …, "type": …, "url": …, "source": …}]`."""
    if not isinstance(message, list) or not message:
        raise _UnreadableReport("Send a list of objects, each with a token.")
    if len(message) > MOST_REPORTED:
        raise _UnreadableReport(f"A message holds at most {MOST_REPORTED} entries. Send it in parts.")
    return [_read_entry(number, entry) for number, entry in enumerate(message, 1)]


def _read_entry(number: int, entry: Any) -> Reported:
    value = entry.get("token") if isinstance(entry, dict) else None
    if not isinstance(value, str):
        raise _UnreadableReport(f"Entry {number} has no token.")
    if problem := find_problem(value.strip()):
        raise _UnreadableReport(f"Entry {number}: {problem}")
    place = " ".join(text for name in ("url", "source") if isinstance(text := entry.get(name), str))
    return Reported(value.strip(), place.encode("utf-8", "replace").decode().replace("\0", "")[:MAX_PLACE_LENGTH])


def _reporter(request: HttpRequest) -> Actor:
    return Actor(label="somebody who reported a leak", address=address_of(request), client=client_of(request))


def _refuse(problem: str, status: int) -> HttpResponse:
    return JsonResponse({"success": False, "code": "REPORT", "message": problem}, status=status)


def _show(
    request: HttpRequest, form: ReportForm, *, is_taken: bool = False, problem: str = "", status: int = 200
) -> HttpResponse:
    return render(request, "report/report.html", {"form": form, "is_taken": is_taken, "problem": problem}, status=status)
