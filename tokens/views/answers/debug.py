"""The signature debugger: why a request is refused."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from tokens.domain.diagnosis.pasting.requests import Reading
from tokens.forms import DebugForm
from tokens.forms.debug import MAX_PASTED, is_too_long, pasted_texts
from tokens.models import SecurityToken
from tokens.presentation.explanations import ShownAnswer, show_answer
from tokens.services import signature_debugging
from tokens.web.actors import UserRequest
from tokens.web.redirects import part_of_a_page


@part_of_a_page
@require_http_methods(["GET", "HEAD", "POST"])
def debug(request: UserRequest, token_id: str) -> HttpResponse:
    """Explain a pasted request. Nothing of it is stored, and private passwords in it are not shown again."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    now = timezone.now()
    if request.method != "POST":
        example = signature_debugging.make_example(token, request.GET.get("example", ""), now=now)
        return _show(request, token, DebugForm(initial=example))
    texts = pasted_texts(request.POST)
    if is_too_long(texts):
        problem = f"At most {MAX_PASTED // 1024} KB can be pasted in total. Remove what is not part of this request."
        return _refuse_length(request, token, problem)
    cleansed = signature_debugging.take_out_secrets(token, texts, now=now)
    form = DebugForm(cleansed.texts)
    if cleansed.has_own or cleansed.has_other:
        return _show(request, token, DebugForm(initial=cleansed.texts), leak="own" if cleansed.has_own else "other", status=422)
    if not form.is_valid():
        return _show(request, token, form, status=422)
    return _show(request, token, form, answer=_explain(request, token, form))


def _refuse_length(request: UserRequest, token: SecurityToken, problem: str) -> HttpResponse:
    """Say that too much was pasted. In place the form stays as it is; a page does not repeat so much text."""
    if request.htmx:
        return retarget(reswap(HttpResponse(problem, status=422), "innerHTML"), "#debug-problem")
    return _show(request, token, DebugForm(), problem=problem, status=413)


def _explain(request: UserRequest, token: SecurityToken, form: DebugForm) -> ShownAnswer:
    reading: Reading = form.cleaned_data["reading"]
    client_text = form.cleaned_data["signed"]
    answer = signature_debugging.explain(token, reading, client_text, own_host=request.get_host(), now=timezone.now())
    method, path = (reading.request.method, reading.request.path) if reading.request else ("", "")
    return show_answer(token, answer, method=method, path=path, notes=reading.notes)


def _show(
    request: UserRequest,
    token: SecurityToken,
    form: DebugForm,
    *,
    answer: ShownAnswer | None = None,
    leak: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"token": token, "form": form, "shown": answer, "leak": leak, "problem": problem}
    template = "tokens/_debugger.html" if request.htmx else "tokens/debug.html"
    return render(request, template, context, status=status)
