"""System checks. Their IDs are never reused."""

from collections.abc import Sequence
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 -- Django's own name
from django.core.exceptions import ImproperlyConfigured

from tokens import conf

# The portal's own checks, for commands that need no others: Django's import every view.
OWN = "portal"


@register(Tags.security, OWN)
def check_token_keys(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Report keys that are invalid (tokens.E001) or missing (tokens.W001)."""
    if not settings.TOKEN_KEYS:
        return [
            Warning(
                "There are no keys to encrypt private passwords with.",
                hint="Run `make setup`, or set PORTAL_TOKEN_KEYS.",
                id="tokens.W001",
            )
        ]
    try:
        conf.get_vault()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="`manage.py make_keys` prints a key.", id="tokens.E001")]
    return []


@register(Tags.security, OWN)
def check_file_modes(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Report a SQLite database or key files that other users of the machine can read (tokens.W002)."""
    names = (settings.DATABASES["default"]["NAME"], settings.VAR_DIR / "secret_key", settings.VAR_DIR / "token_keys")
    files = [Path(str(name)) for name in names if name]
    open_files = [str(file) for file in files if file.is_file() and file.stat().st_mode & 0o077]
    return [
        Warning(
            f"Other users of this machine can read {name}.",
            hint="Take the permission away (chmod 600), or run `solarnet-portal setup`.",
            id="tokens.W002",
        )
        for name in open_files
    ]


@register(Tags.security, OWN)
def check_trusted_proxies(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Report trusted proxies that are not addresses or networks (tokens.E002), or that are every address (tokens.E003)."""
    try:
        networks = conf.trusted_networks()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Use addresses or networks: 10.0.0.5, 10.1.0.0/16, unix.", id="tokens.E002")]
    if any(network.prefixlen == 0 for network in networks):
        return [Error("PORTAL_TRUSTED_PROXIES trusts every address.", hint="List only the proxies.", id="tokens.E003")]
    return []


@register(Tags.security, OWN)
def check_metrics_readers(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Report readers of the metrics that are not addresses or networks (tokens.E004)."""
    try:
        conf.metrics_networks()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Use addresses or networks: 10.0.0.5, 10.1.0.0/16.", id="tokens.E004")]
    return []
