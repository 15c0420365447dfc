"""The mark of a stored policy: it says that nothing is left to be checked when the policy is read (`domain.policies.stored`)."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from tokens.domain.policies.stored import MARK_LENGTH, mark_of

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    # At run time Django's fields take no types.
    _CharField = models.CharField


@dataclass(frozen=True, slots=True)
class _Unmarked:
    """A policy on its way to the database, which decides how its text looks."""

    policy: object


class PolicyMarkField(_CharField):
    """The mark of the policy in the same row, made whenever the row is saved; nobody sets it.

    A row that was changed past the models has none, or one that does not fit: its policy is then checked each time it is read.
    """

    def __init__(self, **options: Any) -> None:
        """Take no option but those that every mark has."""
        super().__init__(**{"max_length": MARK_LENGTH, "null": True, "editable": False, **options})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the policy, because its mark depends on the database."""
        return _Unmarked(getattr(model_instance, "policy"))  # noqa: B009 -- the field does not know the model

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the mark of a policy; a mark stays as it is."""
        return mark_stored(value.policy, connection.vendor) if isinstance(value, _Unmarked) else value


def mark_stored(policy: object, vendor: str) -> str:
    """Return the mark of a policy, as JSON has it, in a database: `sqlite` or `postgresql`."""
    if vendor == "postgresql" and isinstance(policy, dict):
        # How `jsonb` writes an object, whatever it was given.
        policy = dict(sorted(policy.items(), key=lambda item: (len(item[0]), item[0])))
    return mark_of(json.dumps(policy))
