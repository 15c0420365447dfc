"""The tokens application."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """Registers the system checks."""

    name = "tokens"
    verbose_name = "Security tokens"

    def ready(self) -> None:
        """Import what registers itself."""
        from tokens import checks  # noqa: F401 -- registers the checks
