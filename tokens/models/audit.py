"""The audit trail."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH
from tokens.models.lengths import MAX_ACTOR_LENGTH, MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH
from tokens.models.tokens import SecurityToken


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Queries for the audit trail, newest first."""

    def about(self, token: SecurityToken) -> "AuditEventQuerySet":
        """Return what happened to one token."""
        return self.filter(token_id=token.token_id, owner_id=token.owner_id).order_by("-at", "-pk")


class AuditEvent(models.Model):
    """Who did what, when, from where. Written by `services.audit` alone; nothing changes or deletes an entry."""

    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=40)
    # Kept as text: the trail outlives the token and the accounts.
    token_id = models.CharField("security token", max_length=MAX_TOKEN_ID_LENGTH, blank=True)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField("who", max_length=MAX_ACTOR_LENGTH)
    address = models.CharField("from", max_length=MAX_ADDRESS_LENGTH, blank=True)
    client = models.CharField(max_length=MAX_CLIENT_LENGTH, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    # How often the same happened within a minute: a broken client does not flood the trail.
    count = models.PositiveIntegerField(default=1)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["token_id", "-at"], name="audit_token"),
            models.Index(fields=["owner", "-at"], name="audit_owner"),
            # For the administration's filters, whose order is that of the keys.
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["actor_label", "-id"], name="audit_who"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.token_id}"
