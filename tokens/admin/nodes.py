"""The administration of nodes: adding, renaming, transferring and removing them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from solarnet_portal.admin_site import CheckedSelection, site
from tokens.models import Node
from tokens.services.nodes import remove_node, save_node
from tokens.web.actors import browser_actor

# A key fits into 64 bits.
_MAX_DIGITS = 19

if TYPE_CHECKING:
    # Generic for the type checker only; Django's class takes no type parameter.
    NodeAdminBase = admin.ModelAdmin[Node]
    NodeForm = ModelForm[Node]
else:
    NodeAdminBase = admin.ModelAdmin
    NodeForm = ModelForm


class OwnerSelect(AutocompleteSelect):
    """Django's field, which asks the database for whatever was sent, so that it fails for what is no key."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        """Return the choices, without those that are no keys: the form tells that they are wrong."""
        keys = [key for key in map(str, value) if key.isascii() and key.isdigit() and len(key) < _MAX_DIGITS]
        return super().optgroups(name, keys, attrs)


@admin.register(Node, site=site)
class NodeAdmin(CheckedSelection, NodeAdminBase):
    """Nodes, by ID."""

    list_display = ("node_id", "name", "owner")
    list_select_related = ("owner",)
    search_fields = ("=node_id", "name", "owner__email")
    search_help_text = "Node ID, name or the owner's email"
    autocomplete_fields = ("owner",)
    ordering = ("node_id",)
    show_full_result_count = False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Choose the owner among all accounts."""
        return super().formfield_for_foreignkey(db_field, request, widget=OwnerSelect(db_field, self.admin_site), **kwargs)

    def save_model(self, request: HttpRequest, obj: Node, form: NodeForm, change: bool) -> None:
        """Save with the service, which writes the audit entry."""
        save_node(obj, actor=browser_actor(request), now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Node) -> None:
        """Remove with the service, which writes the audit entry."""
        remove_node(obj, actor=browser_actor(request), now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Node, Any]) -> None:
        """Remove each with the service."""
        for node in queryset:
            remove_node(node, actor=browser_actor(request), now=timezone.now())
