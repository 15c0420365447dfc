"""The accounts application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts and administrators."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Register the checks."""
        from accounts import checks  # noqa: F401 -- registers them
