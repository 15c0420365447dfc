"""The administration: accounts, nodes, tokens (never a secret) and the audit trail. Every change goes through the services."""

from tokens.admin import accounts, audit, nodes, tokens  # noqa: F401 -- each registers its pages
from tokens.admin.portal_site import site

__all__ = ["site"]
