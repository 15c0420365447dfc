"""The administration's own site: one sign-in for the whole portal, and nothing on it that escapes the audit trail."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class PortalAdminSite(admin.AdminSite):
    """Shows only what the portal registers: other applications' pages would change accounts without an audit entry."""

    site_header = "SolarNet Portal: administration"
    site_title = "SolarNet Portal"
    index_title = "Accounts, nodes, tokens and the audit trail"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send to the portal's own sign-in, where rate limits hold; an account without the right is refused."""
        index = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return redirect(index)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or index)

    def password_change(  # type: ignore[override] # Django renders a page of its own here
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the portal's own page for it."""
        return redirect("account_change_password")


site = PortalAdminSite(name="admin")
