"""The administration's read-only view of the audit trail."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from solarnet_portal.admin_site import site
from tokens.admin.filters import TextFilter
from tokens.admin.lists import LargeListAdmin
from tokens.admin.wording import instant
from tokens.models import AuditEvent
from tokens.services.audit import Action, describe_action


class TokenFilter(TextFilter):
    """Filters by a token; its entries stay when it is deleted."""

    title = "token"
    parameter_name = "token"
    hint = "Whole token identifier"

    def find(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the entries of a token."""
        return queryset.filter(token_id=value)


class OwnerFilter(TextFilter):
    """Filters by the account that an entry is about."""

    title = "owner"
    parameter_name = "owner"
    hint = "Whole email"

    def find(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the entries of an account."""
        return queryset.filter(owner_id__in=_accounts(value))


class ActorFilter(TextFilter):
    """Filters by who acted: an account, or a token or command as the list shows it."""

    title = "who"
    parameter_name = "who"
    hint = "Whole email, or as shown"

    def find(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the entries of somebody."""
        # Decided here and not by the database, which would use no index for either of the two.
        accounts = _accounts(value)
        return queryset.filter(actor_id__in=accounts) if accounts else queryset.filter(actor_label=value)


class WhenFilter(admin.DateFieldListFilter):
    """Filters by time: today, the last days, this month, this year."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Call it what the list calls it."""
        super().__init__(*args, **kwargs)
        self.title = "when"


class ActionFilter(admin.SimpleListFilter):
    """Filters by action. The choices are fixed, so they need no query."""

    title = "what happened"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(action.value, action.label) for action in Action]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the entries with the chosen action."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent, site=site)
class AuditAdmin(LargeListAdmin):
    """Entries of the audit trail, newest first."""

    list_display = ("when", "what", "token_id", "owner", "actor_label", "address", "count")
    list_select_related = ("owner",)
    list_filter = (ActionFilter, ("at", WhenFilter), TokenFilter, OwnerFilter, ActorFilter)
    search_fields = ("=token_id", "actor_label", "owner__email")
    search_help_text = "A whole token identifier, the owner's whole email, or who did it, as shown"
    # Entries are written in order, so the newest have the highest keys.
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("when", "what", "token_id", "owner", "actor_label", "address", "client", "count", "detail_json")
    readonly_fields = fields

    @admin.display(description="When")
    def when(self, event: AuditEvent) -> str:
        """Return when it happened."""
        return instant(event.at)

    @admin.display(description="What")
    def what(self, event: AuditEvent) -> str:
        """Return the action in words."""
        return describe_action(event)

    @admin.display(description="Detail")
    def detail_json(self, event: AuditEvent) -> str:
        """Return the detail as JSON."""
        return json.dumps(event.detail, indent=2, ensure_ascii=False)

    def find(self, queryset: QuerySet[AuditEvent], text: str) -> QuerySet[AuditEvent]:
        """Find the entries of a token, or else of an account, or else of who acted, each by its index."""
        of_token = queryset.filter(token_id=text)
        if of_token.exists():
            return of_token.order_by("-at", "-pk")
        accounts = _accounts(text)
        if accounts:
            return queryset.filter(owner_id__in=accounts).order_by("-at", "-pk")
        return queryset.filter(actor_label=text)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only services write entries."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """Return False: entries are never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """Return False: entries are never deleted."""
        return False


def _accounts(email: str) -> list[int]:
    return list(User.objects.filter(email=email.lower()).values_list("pk", flat=True))
