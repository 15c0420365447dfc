"""The API's own routes, which only the door resolves: nothing here is reached without a signature."""

from django.urls import path

from tokens.api.calls import api

urlpatterns = [path("", api.urls)]
