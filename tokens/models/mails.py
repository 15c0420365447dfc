"""Mails to owners: what is to be told, and what an owner does not want to be told."""

from django.db import models
from django.utils import timezone

from accounts.models import User

MAX_KEY_LENGTH = 200


class Mail(models.Model):
    """Something to tell an owner. It is written with the change that it is about, and sent by `manage.py send_notices`."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    # The same for what is the same: an owner is told once.
    key = models.CharField(max_length=MAX_KEY_LENGTH)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Until then whoever took it is sending it, or it waits for another try.
    held_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="mail_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(done_at=None), name="mail_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class MailChoice(models.Model):
    """The kinds of mails that an owner has switched off."""

    owner = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    off = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"Mails of {self.owner_id}"
