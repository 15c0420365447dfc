"""Settings as domain objects, and limits that are not configurable."""

import ipaddress
from datetime import timedelta
from functools import cache, lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from tokens.domain.secrets.fingerprints import Fingerprinter
from tokens.domain.secrets.vault import Vault, read_keys

# SPEC, "The secret is shown once".
REVEAL_WINDOW = timedelta(minutes=10)
# Last use is recorded at most this often (SPEC, "Signed requests").
LAST_USE_INTERVAL = timedelta(minutes=1)
# SPEC, "The pages": paginated at 25 a section.
PAGE_SIZE = 25
# Secrets of one token that may work at the same time: the current one and those in a grace period.
MAX_LIVE_SECRETS = 3
# The largest body that is read (SPEC, "Limits").
MAX_BODY_BYTES = 1_048_576


class KeysUnusable(ImproperlyConfigured):
    """The keys that seal private passwords are missing, invalid, or not those that sealed what is stored."""


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


# Saves 8 µs a request, and decoys are sealed only once, because they are cached for a vault.
@cache
def get_vault() -> Vault:
    """Return the vault with the key ring of the settings.

    Raises:
        KeysUnusable: if there is no key, or an invalid one.
    """
    try:
        return Vault(read_keys(settings.TOKEN_KEYS))
    except ValueError as error:
        raise KeysUnusable(f"PORTAL_TOKEN_KEYS: {error} `make setup` writes one for development.") from error


# Deriving its keys takes 20 µs for each.
@cache
def get_fingerprinter() -> Fingerprinter:
    """Return what makes fingerprints of private passwords, with the key ring of the settings. Raises like `get_vault`."""
    get_vault()
    return Fingerprinter(read_keys(settings.TOKEN_KEYS))


# As for proxies.
@cache
def metrics_networks() -> tuple[Network, ...]:
    """Return the networks of those who may read the metrics.

    Raises:
        ImproperlyConfigured: if an entry is not an address or network.
    """
    try:
        return tuple(ipaddress.ip_network(entry, strict=False) for entry in settings.METRICS_READERS)
    except ValueError as error:
        raise ImproperlyConfigured(f"PORTAL_METRICS_READERS: {error}.") from error


def may_read_metrics(address: str) -> bool:
    """Return whether an address is one of those who may read the metrics."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return _is_within(parsed, metrics_networks())


# Saves 10 µs for every address that `is_trusted_proxy` does not have in its cache.
@cache
def trusted_networks() -> tuple[Network, ...]:
    """Return the networks of the trusted proxies.

    Raises:
        ImproperlyConfigured: if an entry is not an address or network.
    """
    try:
        return tuple(ipaddress.ip_network(entry, strict=False) for entry in settings.TRUSTED_PROXIES if entry != "unix")
    except ValueError as error:
        raise ImproperlyConfigured(f"PORTAL_TRUSTED_PROXIES: {error}.") from error


# Saves 4 µs for the proxy and again for the client of each request.
@lru_cache(maxsize=1024)
def is_trusted_proxy(address: str) -> bool:
    """Return True if the address ("" for a Unix socket) is that of a trusted proxy."""
    if not address:
        return "unix" in settings.TRUSTED_PROXIES
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return _is_within(parsed, trusted_networks())


def _is_within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: tuple[Network, ...]) -> bool:
    # A dual-stack socket has IPv4 addresses mapped to IPv6.
    unmapped = (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address
    return any(unmapped in network for network in networks)


def allows_origin(origin: str) -> bool:
    """Return True if pages of the origin may use the API (PORTAL_CORS_ORIGINS)."""
    return bool(settings.CORS_ALLOW_ALL_ORIGINS) or origin in settings.CORS_ALLOWED_ORIGINS


def _clear_caches(**_: object) -> None:
    """Clear the caches, for tests that override settings."""
    get_vault.cache_clear()
    get_fingerprinter.cache_clear()
    trusted_networks.cache_clear()
    metrics_networks.cache_clear()
    is_trusted_proxy.cache_clear()


setting_changed.connect(_clear_caches)
