"""The administration of nodes, tokens (never a secret) and the audit trail. Every change is made by the services."""

from tokens.admin import audit, nodes, tokens  # noqa: F401 -- each registers its pages
