"""The nodes of an account."""

from itertools import starmap
from typing import NamedTuple

from django.db import models
from django.db.models import Q

from accounts.models import User
from tokens.domain.policies.table import MAX_NAME_LENGTH


class NodeChoice(NamedTuple):
    """A node as forms and lists name it; `str` is its label. Accounts have thousands, and models cost more than their rows."""

    node_id: int
    name: str

    def __str__(self) -> str:
        return f"{self.node_id} – {self.name}" if self.name else str(self.node_id)


class NodeQuerySet(models.QuerySet["Node"]):
    """Queries for nodes."""

    def owned_by(self, owner: User) -> "NodeQuerySet":
        """Return the nodes of an account, by their IDs."""
        return self.filter(owner=owner).order_by("node_id")

    def choices_of(self, owner: User) -> list[NodeChoice]:
        """Return the nodes of an account to choose from, by their IDs."""
        return list(starmap(NodeChoice, self.owned_by(owner).values_list("node_id", "name")))


class Node(models.Model):
    """A SolarNode of an account."""

    node_id = models.BigIntegerField("node ID", unique=True)
    name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="nodes", db_index=False)

    objects = NodeQuerySet.as_manager()

    class Meta:
        ordering = ["node_id"]
        # Judging a request asks for the numbers of an account's nodes, and the index alone answers.
        indexes = [models.Index(fields=["owner", "node_id"], name="node_of_owner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(node_id__gt=0),
                name="node_id_positive",
                violation_error_message="A node ID is a positive whole number.",
            )
        ]

    def __str__(self) -> str:
        return str(NodeChoice(self.node_id, self.name))
