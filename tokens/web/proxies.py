"""Proxies whose `X-Forwarded-*` headers are believed, and what is believed of them."""

# The key in `request.META` that says the connection is a trusted proxy's. A client cannot set it: its headers start with HTTP_.
FROM_TRUSTED_PROXY = "portal.from_trusted_proxy"
