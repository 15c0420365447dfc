"""Models and their constraints. Querysets hold the queries; `services` hold the writing."""

from tokens.models.audit import AuditEvent, AuditEventQuerySet
from tokens.models.lengths import MAX_ACTOR_LENGTH, MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH
from tokens.models.mails import MAX_KEY_LENGTH, Mail, MailChoice
from tokens.models.nodes import Node, NodeQuerySet
from tokens.models.replays import RateCount, TakenRequest
from tokens.models.secrets import LeakReport, RetiredSecret, Reveal, TokenSecret, TokenSecretQuerySet, is_live
from tokens.models.tokens import (
    NEVER_USED,
    NO_NODES,
    RECENT_USE,
    LastUse,
    SecurityToken,
    SecurityTokenQuerySet,
    display_name,
)
from tokens.models.use import MAX_LIST_LENGTH, MAX_PATH_LENGTH, Caller, UseDay, UseScope

__all__ = [
    "MAX_ACTOR_LENGTH",
    "MAX_ADDRESS_LENGTH",
    "MAX_CLIENT_LENGTH",
    "MAX_KEY_LENGTH",
    "MAX_LIST_LENGTH",
    "MAX_PATH_LENGTH",
    "NEVER_USED",
    "NO_NODES",
    "RECENT_USE",
    "AuditEvent",
    "AuditEventQuerySet",
    "Caller",
    "LastUse",
    "LeakReport",
    "Mail",
    "MailChoice",
    "Node",
    "NodeQuerySet",
    "RateCount",
    "RetiredSecret",
    "Reveal",
    "SecurityToken",
    "SecurityTokenQuerySet",
    "TakenRequest",
    "TokenSecret",
    "TokenSecretQuerySet",
    "UseDay",
    "UseScope",
    "display_name",
    "is_live",
]
