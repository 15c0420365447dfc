"""The routes of the tokens application (SPEC, "The pages")."""

from django.urls import path

from tokens.views import create, delete, detail, edit, listing, preview, rotate, secret, status, tryout

app_name = "tokens"
urlpatterns = [
    path("tokens/", listing.listing, name="list"),
    # Before the identifiers, because "new" is none.
    path("tokens/new/<str:kind>/", create.create, name="create"),
    path("tokens/new/<str:kind>/preview/", preview.preview_new, name="preview-new"),
    path("tokens/<str:token_id>/", detail.detail, name="detail"),
    path("tokens/<str:token_id>/light/", detail.light, name="light"),
    path("tokens/<str:token_id>/status/", status.status, name="status"),
    path("tokens/<str:token_id>/delete/", delete.delete, name="delete"),
    path("tokens/<str:token_id>/edit/", edit.edit, name="edit"),
    path("tokens/<str:token_id>/preview/", preview.preview_edit, name="preview-edit"),
    path("tokens/<str:token_id>/try/", tryout.try_token, name="try"),
    path("tokens/<str:token_id>/secret/", secret.secret, name="secret"),
    path("tokens/<str:token_id>/rotate/", rotate.rotate, name="rotate"),
    path("tokens/<str:token_id>/rotate/end/", rotate.end_old_secrets, name="end_old_secrets"),
]
