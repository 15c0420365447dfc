"""The spellings of a host that mean the same (SNWS2, "Checking")."""

import re

_DEFAULT_PORTS = {"http": "80", "https": "443"}
_HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]+)(?::([0-9]+))?").fullmatch


def host_spellings(host: str, scheme: str) -> tuple[str, ...]:
    """Return the spellings of a host that mean the same: as sent first, then with or without the scheme's default port.

    Upper and lower case stay as sent, since that is what a client signs.

    Args:
        host: as in a `Host` header: a name, an IPv4 address or a bracketed IPv6 address, maybe with a port.
        scheme: `http` or `https`; another has no default port.

    Source: SNWS2, "Checking".
    """
    default = _DEFAULT_PORTS.get(scheme)
    found = _HOST(host)
    if found is None or default is None:
        return (host,)
    name, port = found.groups()
    if port is None:
        return (host, f"{name}:{default}")
    return (host, name) if port == default else (host,)


def any_scheme_spellings(host: str) -> tuple[str, ...]:
    """Return the spellings of a host whose scheme is not known: either default port may be added or left out."""
    return tuple(dict.fromkeys(host_spellings(host, "http") + host_spellings(host, "https")))
