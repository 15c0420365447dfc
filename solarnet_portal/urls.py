"""All routes: the pages, the API, the gateway's endpoint, accounts and admin."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from tokens import admin
from tokens.api import reading
from tokens.api.door import door
from tokens.gateway import authorize

urlpatterns = [
    path("authorize", authorize, name="authorize"),
    path("solaruser/api/v1/openapi.json", reading.openapi_json, name="openapi"),
    re_path("^(?:solaruser|solarquery)/", door, name="api"),
    path("api/docs/", reading.api_docs, name="api_docs"),
    path("", RedirectView.as_view(pattern_name="tokens:list"), name="home"),
    path("", include("tokens.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
]

handler400 = "tokens.views.errors.bad_request"
handler403 = "tokens.views.errors.permission_denied"
handler404 = "tokens.views.errors.page_not_found"
handler500 = "tokens.views.errors.server_error"
