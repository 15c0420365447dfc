"""The administration's site, with the portal's own sign-in."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


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


site = PortalAdminSite(name="admin")
