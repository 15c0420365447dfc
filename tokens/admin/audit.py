"""The audit trail in the administration: to be read, by nobody to be changed."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from solarnet_portal.admin_site import site
from tokens.models import AuditEvent
from tokens.services.audit import Action

if TYPE_CHECKING:
    AuditAdminBase = admin.ModelAdmin[AuditEvent]
else:
    AuditAdminBase = admin.ModelAdmin


class ActionFilter(admin.SimpleListFilter):
    """What happened; the choices are known, so that no pass over the trail looks for them."""

    title = "what happened"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(action.value, action.label) for action in Action]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the entries of the chosen kind."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent, site=site)
class AuditAdmin(AuditAdminBase):
    """Who did what, when, from where; newest first."""

    list_display = ("at", "what", "token_id", "owner", "actor_label", "address", "count")
    list_select_related = ("owner",)
    list_filter = (ActionFilter,)
    search_fields = ("=token_id", "actor_label", "owner__email")
    search_help_text = "A whole token identifier, who did it, or the owner's e-mail"
    # Entries are written in order: the newest have the highest keys.
    ordering = ("-pk",)
    sortable_by = ()
    show_full_result_count = False
    fields = ("at", "what", "token_id", "owner", "actor_label", "address", "client", "count", "written")
    readonly_fields = fields

    @admin.display(description="What")
    def what(self, event: AuditEvent) -> str:
        """Return the action in a few words."""
        return Action(event.action).label if event.action in list(Action) else event.action

    @admin.display(description="Detail")
    def written(self, event: AuditEvent) -> str:
        """Return the detail as JSON."""
        return json.dumps(event.detail, indent=2, ensure_ascii=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only acts write entries."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """Return False: an entry stays as it was written."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """Return False: an entry stays."""
        return False
