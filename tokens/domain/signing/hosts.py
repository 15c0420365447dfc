"""The spellings of a host that mean the same (SNWS2, "Checking"), and the readings of where a request was sent."""

import re
from collections.abc import Iterator
from typing import NamedTuple

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


class Origin(NamedTuple):
    """One reading of where a request was sent.

    Attributes:
        scheme: `http` or `https`.
        authority: the host in lower case, without the scheme's default port.
        spelling: the host as a client may have written it in the address.
    """

    scheme: str
    authority: str
    spelling: str


def likely_origin(host: str, scheme: str) -> Origin:
    """Return the reading that is right for nearly every client: the host in its normal form, `https` if no scheme is known."""
    scheme = scheme or "https"
    authority = _normalise(host, scheme)
    return Origin(scheme, authority, authority)


def all_origins(host: str, scheme: str) -> Iterator[Origin]:
    """Yield every reading: either scheme if it is not known, and each spelling of the host.

    Args:
        host: as in a `Host` header.
        scheme: `http`, `https`, or "" if it is not known.
    """
    for known in (scheme,) if scheme else ("https", "http"):
        authority = _normalise(host, known)
        for spelling in dict.fromkeys((*host_spellings(host, known), *host_spellings(host.lower(), known))):
            yield Origin(known, authority, spelling)


def _normalise(host: str, scheme: str) -> str:
    return host.lower().removesuffix(f":{_DEFAULT_PORTS[scheme]}")
