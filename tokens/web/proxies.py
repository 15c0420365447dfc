"""Proxies whose `X-Forwarded-*` headers are trusted."""

# The key in `request.META` for whether a trusted proxy sent the request. Clients cannot set it: their headers start with HTTP_.
FROM_TRUSTED_PROXY = "portal.from_trusted_proxy"
