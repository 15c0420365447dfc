"""The accounts application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who signs in: accounts and administrators."""

    name = "accounts"
    verbose_name = "Accounts"
