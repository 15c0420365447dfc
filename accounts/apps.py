"""The accounts application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts and administrators."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Register the checks and the receivers of signals."""
        from accounts import checks, signals  # noqa: F401 -- registers them
