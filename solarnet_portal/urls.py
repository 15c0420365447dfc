"""All routes: the pages, the API, the gateway's endpoint, accounts and admin."""

from allauth.mfa.urls import urlpatterns as mfa_urls
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.security.transactions import in_transactions
from accounts.views import mails, service, sessions
from solarnet_portal.admin_site import site
from solarnet_portal.design.views import design
from solarnet_portal.operations.dictionary import tell_dictionary
from solarnet_portal.operations.health import tell_alive, tell_metrics, tell_ready
from tokens.admin.state import state
from tokens.api import documentation
from tokens.api.authentication import serve_api
from tokens.gateway import authorize

urlpatterns = [
    # Those that programs ask come first: each route before one costs it a microsecond.
    path("authorize", authorize, name="authorize"),
    path("solaruser/api/v1/openapi.json", documentation.openapi_json, name="openapi"),
    re_path("^(?:solaruser|solarquery|solarin)/", serve_api, name="api"),
    path("healthz", tell_alive, name="healthz"),
    path("readyz", tell_ready, name="readyz"),
    path("metrics", tell_metrics, name="metrics"),
    path("api/docs/", documentation.api_docs, name="api_docs"),
    path("dictionary/<str:digest>", tell_dictionary, name="dictionary"),
    path("design/", design, name="design"),
    path("", RedirectView.as_view(pattern_name="tokens:list"), name="home"),
    path("", include("tokens.urls")),
    path("admin/state/", site.admin_view(state), name="admin_state"),
    path("admin/", site.urls),
    path("accounts/notices/", mails, name="account_mails"),
    path("accounts/service/", service, name="account_service"),
    path("accounts/sessions/", sessions, name="account_sessions"),
    path("accounts/2fa/", include(in_transactions(mfa_urls))),
    path("accounts/", include("allauth.account.urls")),
]

handler400 = "solarnet_portal.error_views.bad_request"
handler403 = "solarnet_portal.error_views.permission_denied"
handler404 = "solarnet_portal.error_views.page_not_found"
# For django-allauth.
handler429 = "solarnet_portal.error_views.too_many_requests"
handler500 = "solarnet_portal.error_views.server_error"
