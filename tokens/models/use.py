"""How tokens are used: counts by day, what was asked for, and who called. Written in batches by `services.use`."""

from django.db import models

from tokens.models.lengths import MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH
from tokens.models.tokens import SecurityToken

# What was asked for is kept up to these lengths; what is longer is kept as partial.
MAX_PATH_LENGTH = 160
MAX_LIST_LENGTH = 1000


class UseDay(models.Model):
    """The requests that one secret of a token signed on one day (UTC), after the signature was found to be right."""

    token = models.ForeignKey(SecurityToken, on_delete=models.CASCADE, related_name="use_days", db_index=False)
    day = models.DateField()
    # The secret's key, as a number: the count outlives the secret.
    secret_key = models.BigIntegerField(default=0)
    allowed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "day", "secret_key"], name="use_day_once")]
        indexes = [models.Index(fields=["day"], name="use_day")]

    def __str__(self) -> str:
        return f"Use on {self.day} of token {self.token_id}"


class UseScope(models.Model):
    """What a token's requests of one day asked for, those alike counted together."""

    token = models.ForeignKey(SecurityToken, on_delete=models.CASCADE, related_name="use_scopes", db_index=False)
    day = models.DateField()
    # A hash of what follows, which is too long for an index.
    scope_key = models.CharField(max_length=32)
    method = models.CharField(max_length=16)
    # Below `/api/v1/sec`, decoded; "" for what has no such path.
    path = models.CharField(max_length=MAX_PATH_LENGTH)
    # As JSON lists; "" if the request named none.
    nodes = models.CharField(max_length=MAX_LIST_LENGTH, blank=True)
    sources = models.CharField(max_length=MAX_LIST_LENGTH, blank=True)
    aggregation = models.CharField(max_length=32, blank=True)
    # Something of it was too long to be kept.
    is_partial = models.BooleanField(default=False)
    allowed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "day", "scope_key"], name="use_scope_once")]
        indexes = [models.Index(fields=["day"], name="use_scope_day")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} on {self.day} by token {self.token_id}"


class Caller(models.Model):
    """An address and a client that used a token, with its first and last use."""

    token = models.ForeignKey(SecurityToken, on_delete=models.CASCADE, related_name="callers", db_index=False)
    address = models.CharField(max_length=MAX_ADDRESS_LENGTH, blank=True)
    client = models.CharField(max_length=MAX_CLIENT_LENGTH, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "address", "client"], name="caller_once")]
        indexes = [models.Index(fields=["token", "-last_at"], name="caller_last")]

    def __str__(self) -> str:
        return f"{self.address} {self.client}"
