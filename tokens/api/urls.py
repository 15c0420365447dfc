"""The API's own routes. Only `authentication` resolves them, so none can be reached without a signature."""

from django.urls import path

from tokens.api.endpoints import api

urlpatterns = [path("", api.urls)]
