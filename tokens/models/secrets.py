"""The private passwords of tokens, always sealed, and who may see a new one."""

from datetime import datetime
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH
from tokens.domain.secrets.fingerprints import LENGTH as FINGERPRINT_LENGTH
from tokens.models.lengths import MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH
from tokens.models.tokens import SecurityToken


def is_live(ends_at: datetime | None, now: datetime) -> bool:
    """True if a secret with this end (`None`: it is current) signs at `now`; the same rule as `TokenSecretQuerySet.live_at`."""
    return ends_at is None or ends_at > now


class TokenSecretQuerySet(models.QuerySet["TokenSecret"]):
    """Queries for secrets, which are always sealed."""

    def live_at(self, now: datetime) -> "TokenSecretQuerySet":
        """Return the secrets that sign at `now`, the current one first, with their last uses."""
        live = self.filter(Q(ends_at=None) | Q(ends_at__gt=now)).select_related("token__stored_use")
        return live.order_by(models.F("ends_at").desc(nulls_first=True), "-pk")

    def replaced(self) -> "TokenSecretQuerySet":
        """Return the secrets that a rotation has replaced."""
        return self.exclude(ends_at=None)

    def retire(self, now: datetime) -> int:
        """Delete these secrets, but keep by which fingerprint each was known; returns their number. Runs in a transaction."""
        rows = list(self.values_list("pk", "token_id", "fingerprint"))
        RetiredSecret.objects.bulk_create(
            RetiredSecret(token_id=token_pk, fingerprint=fingerprint, retired_at=now)
            for _, token_pk, fingerprint in rows
            if fingerprint
        )
        self.model._default_manager.filter(pk__in=[pk for pk, *_ in rows]).delete()
        return len(rows)


class SecretUse(NamedTuple):
    """When a secret was last used, from where and by what program."""

    at: datetime
    address: str
    client: str


class TokenSecret(models.Model):
    """One private password of a token, sealed. The one without an end is current; others run out after a rotation."""

    token = models.ForeignKey(SecurityToken, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    # By which it is found (`domain.secrets.fingerprints`); "" for one that no key could open when fingerprints came.
    fingerprint = models.CharField(max_length=FINGERPRINT_LENGTH, blank=True, default="", db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    # The owner chose "until the new one is first used": then this one ends at once.
    ends_with_successor = models.BooleanField(default=False)
    first_used_at = models.DateTimeField(null=True, blank=True)
    # Written for the first use, and while several secrets work; read them through `last_use`.
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.CharField(max_length=MAX_ADDRESS_LENGTH, blank=True)
    last_used_client = models.CharField(max_length=MAX_CLIENT_LENGTH, blank=True)

    objects = TokenSecretQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token"], condition=Q(ends_at=None), name="secret_one_current"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=False) | Q(ends_with_successor=False), name="secret_current_has_no_end"
            ),
        ]

    def __str__(self) -> str:
        return f"Secret {self.pk} of {self.token_id}"

    @property
    def is_current(self) -> bool:
        """True for the one that the last rotation made."""
        return self.ends_at is None

    @property
    def last_use(self) -> SecretUse | None:
        """The last use, `None` for never: the token's, if this secret signed for it, or else the one that is kept apart."""
        use = self.token.last_use
        if use is not None and use.secret_key == self.pk:
            return SecretUse(use.at, use.address, use.client)
        return SecretUse(self.last_used_at, self.last_used_address, self.last_used_client) if self.last_used_at else None

    def keep_last_use(self) -> None:
        """Keep its last use apart from the token's, which another secret is about to sign for; for the caller to save."""
        if use := self.last_use:
            self.last_used_at, self.last_used_address, self.last_used_client = use


class RetiredSecret(models.Model):
    """A private password that no longer works: only its fingerprint, so that one that turns up is recognised."""

    token = models.ForeignKey(SecurityToken, on_delete=models.CASCADE, related_name="retired_secrets")
    fingerprint = models.CharField(max_length=FINGERPRINT_LENGTH, db_index=True)
    retired_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Retired secret {self.pk} of {self.token_id}"


class LeakReport(models.Model):
    """A report of a leak that is not looked into yet. It holds no private password."""

    at = models.DateTimeField(default=timezone.now)
    fingerprints = models.JSONField(default=list, blank=True)
    token_id = models.CharField(max_length=MAX_TOKEN_ID_LENGTH, blank=True)
    place = models.TextField(blank=True)
    address = models.CharField(max_length=MAX_ADDRESS_LENGTH, blank=True)
    client = models.CharField(max_length=MAX_CLIENT_LENGTH, blank=True)

    def __str__(self) -> str:
        return f"Report {self.pk}"


class Reveal(models.Model):
    """The right of one session to see a secret once."""

    secret = models.ForeignKey(TokenSecret, on_delete=models.CASCADE, related_name="reveals")
    # SHA-256 of the session's key: the row alone is of no use.
    session_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["secret"], name="reveal_once_a_secret")]

    def __str__(self) -> str:
        return f"Reveal {self.pk}"
