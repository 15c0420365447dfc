"""Marking stored policies as checked by this version's rules (`domain.policies.stored`), where an earlier version stored them."""

from collections.abc import Iterator

from django.db import transaction

from tokens.domain.policies.stored import RULES
from tokens.models import SecurityToken, SecurityTokenQuerySet

BATCH = 500


def mark_policies() -> Iterator[int]:
    """Mark what has no mark of these rules, a bounded number at a time; yields how many it was. Until then they work unmarked."""
    unmarked = SecurityToken.objects.exclude(policy_mark__startswith=RULES).order_by("pk").only("policy")
    last = 0
    while keys := _mark_batch(unmarked.filter(pk__gt=last)):
        yield len(keys)
        last = keys[-1]


@transaction.atomic
def _mark_batch(unmarked: SecurityTokenQuerySet) -> list[int]:
    # Locked, so that nobody changes a policy between its reading and its mark.
    batch = list(unmarked.select_for_update()[:BATCH])
    for token in batch:
        token.save(update_fields=["policy_mark"])
    return [token.pk for token in batch]
