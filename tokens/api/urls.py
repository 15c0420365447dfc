"""The API's own routes, which only `authentication` resolves: nothing here is reached without a signature."""

from django.urls import path

from tokens.api.endpoints import api

urlpatterns = [path("", api.urls)]
