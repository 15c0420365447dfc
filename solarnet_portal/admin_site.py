"""The administration's site, with the portal's own sign-in."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

# A key fits into 64 bits.
_MAX_DIGITS = 19


class PortalAdminSite(admin.AdminSite):
    """Shows only the portal's models, because other applications would change accounts without an audit entry."""

    site_header = "SolarNet Portal: administration"
    site_title = "SolarNet Portal"
    index_title = "Accounts, nodes, tokens and the audit trail"
    # Four lists need no second menu; their columns need its room.
    enable_nav_sidebar = False

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the portal's sign-in page, which has rate limits; deny users without permission."""
        index = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return redirect(index)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or index)

    def password_change(  # type: ignore[override] # Django renders a page here
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the portal's page for it."""
        return redirect("account_change_password")


if TYPE_CHECKING:
    ListBase = admin.ModelAdmin[Any]
else:
    ListBase = object


class CheckedSelection(ListBase):
    """For the lists of the administration: tells who sends what is no row's key, for which Django's own fails."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list; a number that no database can look for is told as what cannot be looked for at all."""
        try:
            return super().changelist_view(request, extra_context)
        except (OverflowError, DataError):
            return redirect(f"{request.path}?{ERROR_FLAG}=1")

    def response_action(
        self, request: HttpRequest, queryset: "QuerySet[Any, Any]", *args: Any, **more: Any
    ) -> HttpResponse | None:
        """Run the chosen action on the chosen rows."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if all(key.isascii() and key.isdigit() and len(key) < _MAX_DIGITS for key in chosen):
            return super().response_action(request, queryset, *args, **more)
        messages.error(request, "What was chosen is not in this list. Nothing was changed.")
        return redirect(request.get_full_path())


site = PortalAdminSite(name="admin")
