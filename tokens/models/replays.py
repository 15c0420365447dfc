"""What is kept for a short time: signed requests that were taken, so that none is taken twice, and the counts of limits."""

from django.db import models

from tokens.models.lengths import MAX_ADDRESS_LENGTH


class TakenRequest(models.Model):
    """A signed request that passed: a hash of what was signed, when, and from where. Dropped once its date is too old anyway."""

    mark = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField()
    address = models.CharField(max_length=MAX_ADDRESS_LENGTH, blank=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="taken_request_at")]

    def __str__(self) -> str:
        return f"{self.mark} from {self.address}"


class RateCount(models.Model):
    """How often something was done within one window of time. Dropped once the window is over."""

    name = models.CharField(max_length=160, primary_key=True)
    number = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="rate_count_end")]

    def __str__(self) -> str:
        return f"{self.number} times {self.name}"
