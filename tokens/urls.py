"""The routes of the tokens application (SPEC, "The pages")."""

from django.urls import path, register_converter

from tokens.converters import TokenIdConverter, TokenTypeConverter
from tokens.views import create, delete, detail, edit, key, rotate, secret, status
from tokens.views.account import activity, find, nodes, report
from tokens.views.answers import debug, preview, tryout
from tokens.views.care import extend, leaked, narrow, review
from tokens.views.lists import bulk, export, listing

register_converter(TokenIdConverter, "token")
register_converter(TokenTypeConverter, "token_type")

app_name = "tokens"
urlpatterns = [
    path("tokens/", listing.listing, name="list"),
    # Before the identifiers: "new" is none of them.
    path("tokens/new/<token_type:token_type>/", create.create, name="create"),
    path("tokens/new/<token_type:token_type>/preview/", preview.preview_new, name="preview-new"),
    path("activity/", activity.activity, name="activity"),
    path("activity.csv", activity.activity_csv, name="activity-csv"),
    path("activity.json", activity.activity_json, name="activity-json"),
    path("nodes/", nodes.nodes, name="nodes"),
    path("nodes/<int:node_id>/", nodes.node, name="node"),
    path("tokens/bulk/", bulk.bulk, name="bulk"),
    path("tokens/export.csv", export.export_csv, name="export-csv"),
    path("tokens/export.json", export.export_json, name="export-json"),
    path("tokens/find/", find.find, name="find"),
    path("report/", report.report, name="report"),
    path("tokens/review/", review.review, name="review"),
    path("tokens/<token:token_id>/", detail.detail, name="detail"),
    path("tokens/<token:token_id>/first-use/", detail.first_use, name="first-use"),
    path("tokens/<token:token_id>/status/", status.status, name="status"),
    path("tokens/<token:token_id>/delete/", delete.delete, name="delete"),
    path("tokens/<token:token_id>/edit/", edit.edit, name="edit"),
    path("tokens/<token:token_id>/preview/", preview.preview_edit, name="preview-edit"),
    path("tokens/<token:token_id>/try/", tryout.try_token, name="try"),
    path("tokens/<token:token_id>/debug/", debug.debug, name="debug"),
    path("tokens/<token:token_id>/secret/", secret.secret, name="secret"),
    path("tokens/<token:token_id>/key/", key.key, name="key"),
    path("tokens/<token:token_id>/extend/", extend.extend, name="extend"),
    path("tokens/<token:token_id>/narrow/", narrow.narrow, name="narrow"),
    path("tokens/<token:token_id>/leaked/", leaked.leaked, name="leaked"),
    path("tokens/<token:token_id>/rotate/", rotate.rotate, name="rotate"),
    path("tokens/<token:token_id>/rotate/end/", rotate.end_old_secrets, name="end-old-secrets"),
]
