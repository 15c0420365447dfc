"""Models and their constraints. Querysets hold the queries; `services` hold the writing."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import User
from tokens.domain.dates import format_day, to_milliseconds
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import (
    MAX_DESCRIPTION_LENGTH,
    MAX_NAME_LENGTH,
    RESTRICTIONS,
    TokenType,
)
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH
from tokens.domain.states import Ending, State, find_ending, has_expired, state_at

# Where a request came from, as far as it is kept: an address with an IPv6 zone, and the start of a `User-Agent`.
MAX_ADDRESS_LENGTH = 64
MAX_CLIENT_LENGTH = 200
# A token used within this time may still be needed, whatever its state.
RECENT_USE = timedelta(days=30)
# Who acted, for the audit trail: an email address at most.
MAX_ACTOR_LENGTH = 254


def display_name(name: str, token_type: TokenType, created_at: datetime) -> str:
    """Return what the pages call a token: its name, or its type and date where it has none."""
    return name or f"{token_type.label} token of {format_day(created_at)}"


class NodeQuerySet(models.QuerySet["Node"]):
    """Queries for nodes."""

    def owned_by(self, owner: User) -> "NodeQuerySet":
        """Return the nodes of an account, by their IDs."""
        return self.filter(owner=owner).order_by("node_id")


class Node(models.Model):
    """A SolarNode of an account."""

    node_id = models.BigIntegerField("node ID", unique=True)
    name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="nodes")

    objects = NodeQuerySet.as_manager()

    class Meta:
        ordering = ["node_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(node_id__gt=0),
                name="node_id_positive",
                violation_error_message="A node ID is a positive whole number.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.node_id} – {self.name}" if self.name else str(self.node_id)


def _only_applicable_restrictions() -> Q:
    """Return the condition that a policy holds nothing that its token's type may not carry, read from the policy table."""
    condition = Q()
    for token_type in TokenType:
        barred = [row for row in RESTRICTIONS if not row.applies_to(token_type)]
        for row in barred:
            condition &= ~Q(type=token_type.value) | ~Q(policy__has_key=row.json_key)
    return condition


class SecurityTokenQuerySet(models.QuerySet["SecurityToken"]):
    """Queries for tokens."""

    def owned_by(self, owner: User) -> "SecurityTokenQuerySet":
        """Return an account's tokens, newest first."""
        return self.filter(owner=owner).order_by("-created_at", "-pk")

    def of_type(self, token_type: TokenType) -> "SecurityTokenQuerySet":
        """Return the tokens of one type."""
        return self.filter(type=token_type.value)

    def expired_at(self, now: datetime) -> "SecurityTokenQuerySet":
        """Return the tokens that ended before `now`."""
        return self.filter(not_after__lt=to_milliseconds(now))

    def unexpired_at(self, now: datetime) -> "SecurityTokenQuerySet":
        """Return the tokens that have not ended at `now`."""
        return self.exclude(not_after__lt=to_milliseconds(now))

    def usable_at(self, now: datetime) -> "SecurityTokenQuerySet":
        """Return the tokens that work at `now`: enabled, not expired, of an active account."""
        return self.unexpired_at(now).filter(status=SecurityToken.Status.ACTIVE, owner__is_active=True)


class SecurityToken(models.Model):
    """A token: what it is called, what it may do, and when it was last used. Its secrets are in `TokenSecret`."""

    class Type(models.TextChoices):
        """The policy table's types, for forms and admin."""

        USER = TokenType.USER.value, "User"
        DATA = TokenType.DATA.value, "Data"

    class Status(models.TextChoices):
        """What the owner set. Whether the token is expired is a matter of time."""

        ACTIVE = State.ACTIVE.value
        DISABLED = State.DISABLED.value

    token_id = models.CharField("security token", max_length=MAX_TOKEN_ID_LENGTH, unique=True)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    type = models.CharField(max_length=16, choices=Type.choices)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    description = models.CharField(max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    # The canonical JSON of a domain `Policy`; {} restricts nothing. Read it through `read_policy`.
    policy = models.JSONField(default=dict, blank=True)
    # The policy's own expiry (epoch milliseconds), made by the database, so that lists and filters can ask for it.
    not_after = models.GeneratedField(
        expression=Cast(KT("policy__notAfter"), models.BigIntegerField()),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )
    created_at = models.DateTimeField("created", default=timezone.now)
    # A form's own key: the same form sent twice makes one token.
    creation_key = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001 -- null keeps unique meaningful
    last_used_at = models.DateTimeField("last used", null=True, blank=True)
    last_used_address = models.CharField(max_length=MAX_ADDRESS_LENGTH, blank=True)
    last_used_client = models.CharField(max_length=MAX_CLIENT_LENGTH, blank=True)

    objects = SecurityTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(type__in=[choice.value for choice in TokenType]), name="token_type_valid"),
            models.CheckConstraint(condition=Q(status__in=[State.ACTIVE.value, State.DISABLED.value]), name="token_status_valid"),
            models.CheckConstraint(condition=_only_applicable_restrictions(), name="token_policy_applicable"),
            models.CheckConstraint(condition=~Q(token_id=""), name="token_id_not_empty"),
            models.UniqueConstraint(fields=["owner", "creation_key"], name="token_creation_key_unique"),
        ]
        indexes = [models.Index(fields=["owner", "type", "-created_at", "-id"], name="token_list")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def token_type(self) -> TokenType:
        """The type as the domain knows it."""
        return TokenType(self.type)

    @property
    def display_name(self) -> str:
        """The name; without one, type and date: so that every row has one."""
        return display_name(self.name, self.token_type, self.created_at)

    def read_policy(self) -> Policy | None:
        """Return the policy, `None` if the stored one cannot be read: it then denies everything."""
        try:
            return Policy.from_json(self.policy)
        except PolicyError:
            return None

    def is_expired(self, now: datetime) -> bool:
        """True after the last instant at which the token works."""
        return has_expired(self.not_after, now)

    def is_in_use(self, now: datetime) -> bool:
        """True if something may still need the token: it works, or it was used a short time ago."""
        used_lately = self.last_used_at is not None and now - self.last_used_at < RECENT_USE
        return used_lately or self.state(now).is_active

    @property
    def owner_status(self) -> State:
        """What the owner set, as the domain knows it."""
        return State(self.status)

    def state(self, now: datetime) -> State:
        """Return what the pages show; an expired token is Expired whatever its status."""
        return state_at(now, status=self.status, not_after=self.not_after)

    def ending(self, now: datetime) -> Ending | None:
        """Return when the token, which works, will expire, `None` if that is not soon."""
        return find_ending(now, status=self.status, not_after=self.not_after)


def is_live(ends_at: datetime | None, now: datetime) -> bool:
    """True if a secret with this end (`None`: it is current) signs at `now`; the same rule as `TokenSecretQuerySet.live_at`."""
    return ends_at is None or ends_at > now


class TokenSecretQuerySet(models.QuerySet["TokenSecret"]):
    """Queries for secrets, which are always sealed."""

    def live_at(self, now: datetime) -> "TokenSecretQuerySet":
        """Return the secrets that sign at `now`, the current one first."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by(models.F("ends_at").desc(nulls_first=True), "-pk")

    def replaced(self) -> "TokenSecretQuerySet":
        """Return the secrets that a rotation has replaced."""
        return self.exclude(ends_at=None)


class TokenSecret(models.Model):
    """One private password of a token, sealed. The one without an end is current; others run out after a rotation."""

    token = models.ForeignKey(SecurityToken, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    # The owner chose "until the new one is first used": then this one ends at once.
    ends_with_successor = models.BooleanField(default=False)
    first_used_at = models.DateTimeField(null=True, blank=True)
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
