"""Tokens, and when they were last used."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial, reduce
from operator import add
from typing import Any

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, Lower, Replace
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.models import User
from tokens.domain.dates import format_day, to_milliseconds
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import (
    MAX_DESCRIPTION_LENGTH,
    MAX_NAME_LENGTH,
    RESTRICTIONS,
    Kind,
    TokenType,
)
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH
from tokens.domain.states import Ending, State, find_ending, has_expired, state_at
from tokens.models.columns import InstantField, SharedKeyField
from tokens.models.lengths import MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH
from tokens.models.policies import PolicyMarkField

# A token used within this time may still be needed, whatever its state.
RECENT_USE = timedelta(days=30)
# The last use of a token that has none: earlier than any, so that both databases sort it so without being told.
NEVER_USED = datetime(1970, 1, 1, tzinfo=UTC)
# The `node_text` of a policy that does not restrict nodes.
NO_NODES = ",,"


def display_name(name: str, token_type: TokenType, created_at: datetime) -> str:
    """Return what the pages call a token: its name, or its type and date where it has none."""
    return name or f"{token_type.label} token of {format_day(created_at)}"


def _only_applicable_restrictions() -> Q:
    """Return the condition that a policy holds nothing that its token's type may not carry, read from the policy table."""
    condition = Q()
    for token_type in TokenType:
        barred = [row for row in RESTRICTIONS if not row.applies_to(token_type)]
        for row in barred:
            condition &= ~Q(type=token_type.value) | ~Q(policy__has_key=row.json_key)
    return condition


def _number_of_restrictions() -> Any:
    """Return the expression for how many restrictions a policy sets, read from the policy table; a grant is none."""
    rows = [row for row in RESTRICTIONS if row.kind is not Kind.GRANT]
    ones = [Case(When(**{f"policy__{row.json_key}__isnull": False}, then=Value(1)), default=Value(0)) for row in rows]
    return reduce(add, ones)


def _policy_text(key: str, *, without: str = "") -> Any:
    """Return the expression for a part of the policy as text, without some characters; "" if it is not set."""
    text: Any = Cast(KT(f"policy__{key}"), models.TextField())
    for piece in without:
        text = Replace(text, Value(piece), Value(""))
    return Coalesce(text, Value(""), output_field=models.TextField())


class SecurityTokenQuerySet(models.QuerySet["SecurityToken"]):
    """Queries for tokens."""

    def owned_by(self, owner: User) -> "SecurityTokenQuerySet":
        """Return an account's tokens, newest first."""
        return self.filter(owner=owner).order_by("-created_at", "-pk")

    def among_them_of(self, owner: User) -> "SecurityTokenQuerySet":
        """Return an account's tokens among those that are found by keys or identifiers, newest first.

        Unlike `owned_by` it lets no database find them by the account: SQLite would rather read all its tokens than those named.
        """
        is_theirs = Exact(ExpressionWrapper(F("owner_id") + 0, output_field=models.BigIntegerField()), owner.pk)
        return self.filter(is_theirs).order_by("-created_at", "-pk")

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
    policy_mark = PolicyMarkField()
    # The policy's own expiry (epoch milliseconds), made by the database, so that lists and filters can ask for it.
    not_after = models.GeneratedField(
        expression=Cast(KT("policy__notAfter"), models.BigIntegerField()),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )
    # The same for what the list is searched, filtered and sorted by: whether anything is restricted, and how much; the nodes as
    # ",101,102,", the sources as a JSON list. Where the policy names none, `NO_NODES` and "".
    is_unrestricted = models.GeneratedField(
        expression=Case(When(policy={}, then=Value(True)), default=Value(False)),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    node_text = models.GeneratedField(
        expression=Concat(Value(","), _policy_text("nodeIds", without="[] "), Value(","), output_field=models.TextField()),
        output_field=models.TextField(),
        db_persist=True,
    )
    source_text = models.GeneratedField(expression=_policy_text("sourceIds"), output_field=models.TextField(), db_persist=True)
    restriction_count = models.GeneratedField(
        expression=_number_of_restrictions(), output_field=models.SmallIntegerField(), db_persist=True
    )
    created_at = models.DateTimeField("created", default=timezone.now)
    # A form's own key: the same form sent twice makes one token.
    creation_key = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001 -- null keeps unique meaningful

    objects = SecurityTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(type__in=[choice.value for choice in TokenType]), name="token_type_valid"),
            models.CheckConstraint(condition=Q(status__in=[State.ACTIVE.value, State.DISABLED.value]), name="token_status_valid"),
            models.CheckConstraint(condition=_only_applicable_restrictions(), name="token_policy_applicable"),
            models.CheckConstraint(condition=~Q(token_id=""), name="token_id_not_empty"),
            models.UniqueConstraint(fields=["owner", "creation_key"], name="token_creation_key_unique"),
        ]
        indexes = [
            models.Index(fields=["owner", "type", "-created_at", "-id"], name="token_list"),
            # For the list's filters and sorts.
            models.Index(
                fields=["owner", "type", "-created_at", "-id"], condition=Q(is_unrestricted=True), name="token_unrestricted"
            ),
            models.Index(fields=["owner", "type", "status", "-created_at", "-id", "not_after"], name="token_status"),
            # With the status, so that those that expire soon are counted without reading a row.
            models.Index(fields=["owner", "type", "not_after", "id", "status"], name="token_ends"),
            models.Index(F("owner"), F("type"), Lower("name"), F("id"), name="token_by_name"),
            models.Index(F("owner"), F("type"), Lower("description"), F("id"), name="token_by_description"),
            models.Index(fields=["owner", "type", "restriction_count", "id"], name="token_by_restrictions"),
            # For the API, which lists both types together.
            models.Index(fields=["owner", "-created_at", "-id"], name="token_find"),
        ]

    def __str__(self) -> str:
        return self.display_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the token; a new one gets its row in `LastUse`, and a new policy its mark."""
        is_new = self._state.adding
        if "policy" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = [*kwargs["update_fields"], "policy_mark"]
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                LastUse.objects.create(token_id=self.pk, owner_id=self.owner_id, type=self.type)

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

    @property
    def last_use(self) -> "LastUse | None":
        """The last use, `None` for never. Lists load it with `select_related("stored_use")`."""
        use: LastUse | None = getattr(self, "stored_use", None)
        return use if use and use.at > NEVER_USED else None

    @property
    def last_used_at(self) -> datetime | None:
        """When the token was last used, `None` for never."""
        return self.last_use.at if self.last_use else None

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


class LastUse(models.Model):
    """The last use of a token. Not in the token's own row, which holds its policy: writing that again for each use costs most.

    Every token has its row from the start, so that a list in the order of use finds all of them by one index.
    """

    token = SharedKeyField(SecurityToken, on_delete=models.CASCADE, primary_key=True, related_name="stored_use")
    # Those of the token, which never change; for the index.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    type = models.CharField(max_length=16, choices=SecurityToken.Type.choices)
    at = InstantField("last used", default=NEVER_USED)
    address = models.CharField(max_length=MAX_ADDRESS_LENGTH, blank=True)
    client = models.CharField(max_length=MAX_CLIENT_LENGTH, blank=True)
    # Of the private password that signed; it may be gone since. `None` before the first use.
    secret_key = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "type", "at", "token"], name="last_use_order")]

    def __str__(self) -> str:
        return f"Last use of {self.token_id}"

    @classmethod
    def instant_writer(cls, connection: BaseDatabaseWrapper) -> Callable[[datetime], object]:
        """Return what writes instants as a database has them in the column `at`, for statements past the models."""
        return partial(cls.at.field.get_db_prep_value, connection=connection, prepared=True)
