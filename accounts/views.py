"""What owners change of their accounts beside what django-allauth has."""

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.security.sessions import stored_key
from accounts.services import end_sessions, find_sessions, set_service_url
from tokens.services.mails.choices import choose, wanted_by
from tokens.services.mails.kinds import Kind
from tokens.web.actors import UserRequest, browser_actor

if TYPE_CHECKING:
    ServiceFormBase = forms.ModelForm[User]
else:
    ServiceFormBase = forms.ModelForm


class ServiceForm(ServiceFormBase):
    """The address of the service that has an account's data."""

    class Meta:
        model = User
        fields = ("service_url",)
        labels = {"service_url": "Service address"}
        help_texts = {"service_url": "Scheme and host, such as https://data.example.org, without a path."}


class MailsForm(forms.Form):
    """Which mails an owner gets."""

    mails = forms.MultipleChoiceField(
        label="Tell me when",
        required=False,
        choices=[(kind.value, kind.label) for kind in Kind],
        widget=forms.CheckboxSelectMultiple,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mails(request: UserRequest) -> HttpResponse:
    """Show and change which mails the owner gets."""
    wanted = [kind.value for kind in wanted_by(request.user)]
    form = MailsForm(request.POST if request.method == "POST" else None, initial={"mails": wanted})
    if request.method == "POST" and form.is_valid():
        chosen = [Kind(value) for value in form.cleaned_data["mails"]]
        choose(request.user, chosen, actor=browser_actor(request), now=timezone.now())
        messages.success(request, "Your choice of mails is saved.")
        return redirect("account_mails")
    return render(request, "account/mails.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def service(request: UserRequest) -> HttpResponse:
    """Show and change where the account's data is."""
    # An account of its own to fill: the bar shows the one that is signed in.
    account = User.objects.get(pk=request.user.pk)
    form = ServiceForm(request.POST if request.method == "POST" else None, instance=account)
    if request.method == "POST" and form.is_valid():
        set_service_url(account, form.cleaned_data["service_url"], actor=browser_actor(request), now=timezone.now())
        messages.success(request, "The service address is saved.")
        return redirect("account_service")
    context = {"form": form, "default": settings.SERVICE_URL}
    return render(request, "account/service.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: UserRequest) -> HttpResponse:
    """Show where the owner is signed in, and end one session or all others."""
    this = stored_key(str(request.session.session_key))
    found = find_sessions(request.user, this)
    if request.method != "POST":
        return render(request, "account/sessions.html", {"sessions": found})
    chosen = request.POST.get("session", "")
    ending = [session for session in found if not session.is_this and chosen in {"", str(session.pk)}]
    end_sessions(request.user, ending, actor=browser_actor(request), now=timezone.now())
    # Somebody else may have ended it meanwhile; what the owner wants holds all the same.
    messages.success(request, "The other sessions have ended." if not chosen else "The session has ended.")
    return redirect("account_sessions")
