"""The one place where settings become domain objects."""

import ipaddress
from datetime import timedelta
from functools import cache, lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from tokens.domain.secrets.vault import Vault, read_keys

# SPEC, "The secret is shown once".
REVEAL_WINDOW = timedelta(minutes=10)
# Last use is recorded at most this often (SPEC, "Signed requests").
LAST_USE_INTERVAL = timedelta(minutes=1)
# SPEC, "The pages": paginated at 25 a section.
PAGE_SIZE = 25
# The secrets of one token that may work at the same time: the current one and those that still run out.
MAX_LIVE_SECRETS = 3
# The largest body that is read (SPEC, "Limits").
MAX_BODY_BYTES = 1_048_576

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@cache
def get_vault() -> Vault:
    """Return the vault with the key ring of the settings.

    Raises:
        ImproperlyConfigured: where there is no key, or one that cannot be read.
    """
    try:
        return Vault(read_keys(settings.TOKEN_KEYS))
    except ValueError as error:
        raise ImproperlyConfigured(f"PORTAL_TOKEN_KEYS: {error} `make setup` writes one for development.") from error


@cache
def trusted_networks() -> tuple[Network, ...]:
    """Return the networks of the trusted proxies.

    Raises:
        ImproperlyConfigured: names the entry that is no address.
    """
    try:
        return tuple(ipaddress.ip_network(entry, strict=False) for entry in settings.TRUSTED_PROXIES if entry != "unix")
    except ValueError as error:
        raise ImproperlyConfigured(f"PORTAL_TRUSTED_PROXIES: {error}.") from error


@lru_cache(maxsize=1024)
def is_trusted_proxy(address: str) -> bool:
    """True where a connection from this address ("" for a Unix socket) is one of the trusted proxies'."""
    if not address:
        return "unix" in settings.TRUSTED_PROXIES
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A socket that listens on both protocols tells an IPv4 address in IPv6's words.
    plain = (isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped) or parsed
    return any(plain in network for network in trusted_networks())


def forget_settings(**_: object) -> None:
    """Read the settings anew; for tests that override them."""
    get_vault.cache_clear()
    trusted_networks.cache_clear()
    is_trusted_proxy.cache_clear()


setting_changed.connect(forget_settings)
