"""The administration of tokens: finding, editing, disabling and deleting. No token is created here, no secret shown."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html

from accounts.models import User
from solarnet_portal.admin_site import site
from tokens.admin.lists import LargeListAdmin, beginning_with
from tokens.admin.wording import about_the_owner, instant
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.stored import loads_policy
from tokens.domain.policies.wording.sentences import sentence
from tokens.models import SecurityToken, SecurityTokenQuerySet
from tokens.services.lifecycle import changes
from tokens.services.lifecycle.issuing import Draft, check_draft
from tokens.web.actors import browser_actor

if TYPE_CHECKING:
    TokenFormBase = forms.ModelForm[SecurityToken]
else:
    TokenFormBase = forms.ModelForm

Status = SecurityToken.Status
# How many accounts the beginning of an email stands for.
_OWNERS = 20
_USE = ("created", "last_used", "last_used_address", "last_used_client")
_INVALID_POLICY = "The stored policy cannot be read, so this token may do nothing. Set a new policy."


class TokenForm(TokenFormBase):
    """Edits a token. The policy is JSON, as in the API."""

    policy = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 80, "spellcheck": "false"}),
        help_text='JSON with the policy\'s keys, such as {"nodeIds": [101]}; {} restricts nothing. Holds from the next request.',
    )

    class Meta:
        model = SecurityToken
        fields = ("name", "description", "status")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the stored policy, even if it is invalid."""
        super().__init__(*args, **kwargs)
        self.initial["policy"] = json.dumps(self.instance.policy, indent=2, ensure_ascii=False)
        if "status" in self.fields and self.instance.is_expired(timezone.now()):
            self.fields["status"].help_text = "The token is expired: every request is refused, whatever its status."

    def clean_policy(self) -> dict[str, Any]:
        """Return the policy's canonical JSON."""
        try:
            return loads_policy(self.cleaned_data["policy"] or "{}").to_json()
        except PolicyError as error:
            raise forms.ValidationError([f"{problem.field}: {problem.message}" for problem in error.problems]) from error

    def clean(self) -> dict[str, Any]:
        """Validate name, description and policy by the same rules as the pages and the API."""
        data = super().clean() or self.cleaned_data
        if "policy" not in data:
            return data
        token = self.instance
        try:
            check_draft(
                self.draft(), token_type=token.token_type, owner=token.owner, now=timezone.now(), before=token.read_policy()
            )
        except PolicyError as error:
            for problem in error.problems:
                message = about_the_owner(problem.message)
                if problem.field in self.fields:
                    self.add_error(problem.field, message)
                else:
                    self.add_error("policy", f"{problem.field}: {message}")
        return data

    def draft(self) -> Draft:
        """Return the form's data as a draft."""
        data = self.cleaned_data
        policy = Policy.from_json(data["policy"])
        return Draft(name=data.get("name", ""), description=data.get("description", ""), policy=policy)


class ExpiryFilter(admin.SimpleListFilter):
    """Filters by expiry: expired, will expire, never expires."""

    title = "expiry"
    parameter_name = "expiry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("expired", "Expired"), ("expires", "Will expire"), ("never", "Never expires")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the tokens with the chosen expiry."""
        if not isinstance(queryset, SecurityTokenQuerySet):
            return queryset
        match self.value():
            case "expired":
                return queryset.expired_at(timezone.now())
            case "expires":
                return queryset.unexpired_at(timezone.now()).exclude(not_after=None)
            case "never":
                return queryset.filter(not_after=None)
            case _:
                return queryset


@admin.register(SecurityToken, site=site)
class TokenAdmin(LargeListAdmin):
    """Tokens of all accounts, newest first."""

    form = TokenForm
    list_display = ("token_id", "owner", "type", "named", "shown_state", "created", "last_used")
    list_select_related = ("owner", "stored_use")
    list_filter = ("type", "status", ExpiryFilter)
    search_fields = ("token_id", "owner__email", "name")
    search_help_text = "A whole token identifier, the owner's email (with its @), or the beginning of a name"
    # The newest have the highest keys. Sorting by them uses the primary key's index.
    ordering = ("-pk",)
    sortable_by = ()
    actions = ("disable", "enable")
    readonly_fields = ("token_id", "owner", "type", "in_words", *_USE)
    fieldsets = (
        (None, {"fields": ("token_id", "owner", "type", "name", "description", "status")}),
        ("Policy", {"fields": ("in_words", "policy")}),
        ("Use", {"fields": _USE}),
    )

    @admin.display(description="Name")
    def named(self, token: SecurityToken) -> str:
        """Return what the token is called; the list cuts it to two lines, and has all of it as a title."""
        return format_html('<span class="cut" title="{0}">{0}</span>', token.display_name)

    @admin.display(description="Status")
    def shown_state(self, token: SecurityToken) -> str:
        """Return Active, Disabled or Expired, with its mark."""
        return format_html('<span class="status" data-status="{0}">{0}</span>', token.state(timezone.now()))

    @admin.display(description="Created")
    def created(self, token: SecurityToken) -> str:
        """Return when the token was created."""
        return instant(token.created_at)

    @admin.display(description="Last used")
    def last_used(self, token: SecurityToken) -> str:
        """Return when the token was last used."""
        return instant(token.last_used_at)

    @admin.display(description="Last used from")
    def last_used_address(self, token: SecurityToken) -> str:
        """Return the address that the token was last used from."""
        use = token.last_use
        return use.address if use else ""

    @admin.display(description="Last used by")
    def last_used_client(self, token: SecurityToken) -> str:
        """Return the client that last used the token."""
        use = token.last_use
        return use.client if use else ""

    @admin.display(description="In words")
    def in_words(self, token: SecurityToken) -> str:
        """Return a sentence about what the token may do."""
        policy = token.read_policy()
        return _INVALID_POLICY if policy is None else about_the_owner(sentence(token.token_type, policy))

    @admin.action(description="Disable the selected tokens", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[SecurityToken]) -> None:
        """Disable each with the service."""
        self._set_status(request, queryset, Status.DISABLED)

    @admin.action(description="Enable the selected tokens", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[SecurityToken]) -> None:
        """Enable each with the service."""
        self._set_status(request, queryset, Status.ACTIVE)

    def _set_status(self, request: HttpRequest, queryset: QuerySet[SecurityToken], status: Status) -> None:
        actor, now = browser_actor(request), timezone.now()
        changed = sum(changes.set_status(token, status, actor=actor, now=now) for token in queryset)
        self.message_user(request, f"{changed} changed to {status.label}.", messages.SUCCESS)

    def find(self, queryset: QuerySet[SecurityToken], text: str) -> QuerySet[SecurityToken]:
        """Find an identifier, the tokens of an account, or else those whose name begins so, each by its index."""
        exact = queryset.filter(token_id=text)
        if exact.exists():
            return exact
        if "@" in text:
            return queryset.filter(owner__in=_accounts_beginning_with(text)).order_by("-created_at", "-pk")
        return beginning_with(queryset, "name", text).order_by("beginning", "-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only the owner may create a token, because its secret is shown then."""
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show and save a token. If it was changed or deleted after the form was validated, show an error and save nothing."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (SecurityToken.DoesNotExist, PolicyError) as error:
            reason = str(error) if isinstance(error, PolicyError) else "it has just been deleted."
            self.message_user(request, f"The token was not saved: {reason}", messages.ERROR)
            return redirect("admin:tokens_securitytoken_changelist")

    def save_model(self, request: HttpRequest, obj: SecurityToken, form: Any, change: bool) -> None:
        """Save with the services, which write the audit entries."""
        actor, now = browser_actor(request), timezone.now()
        changes.edit_token(obj, form.draft(), actor=actor, now=now)
        changes.set_status(obj, Status(form.cleaned_data["status"]), actor=actor, now=now)

    def delete_model(self, request: HttpRequest, obj: SecurityToken) -> None:
        """Delete with the service, which writes the audit entry."""
        changes.delete_token(obj, actor=browser_actor(request), now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SecurityToken]) -> None:
        """Delete each by the service."""
        for token in queryset:
            self.delete_model(request, token)


def _accounts_beginning_with(email: str) -> list[int]:
    """Return the keys of the account with an email, or else of the first whose email begins so."""
    whole = list(User.objects.filter(email=email.lower()).values_list("pk", flat=True))
    return whole or list(
        beginning_with(User.objects.all(), "email", email).order_by("beginning").values_list("pk", flat=True)[:_OWNERS]
    )
