"""One act on several tokens of an account: on all of them, or on none."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts.models import User
from tokens.domain.text import has_control_character
from tokens.models import SecurityToken
from tokens.services.audit import Actor
from tokens.services.lifecycle import changes

# More than a page of the list shows; each takes a few statements of one transaction.
MOST_AT_ONCE = 500


class Act(StrEnum):
    """What can be done with several tokens at once."""

    DISABLE = "disable"
    ENABLE = "enable"
    DELETE = "delete"


def find_chosen(owner: User, token_ids: Collection[str]) -> list[SecurityToken]:
    """Return an account's tokens by their identifiers, in the list's order.

    Raises:
        SecurityToken.DoesNotExist: if one of them is unknown, or another account's.
    """
    wanted = set(token_ids)
    if any(has_control_character(token_id) for token_id in wanted):
        # No database can look for it.
        raise SecurityToken.DoesNotExist
    tokens = list(SecurityToken.objects.filter(token_id__in=wanted).among_them_of(owner).select_related("stored_use"))
    if len(tokens) != len(wanted):
        raise SecurityToken.DoesNotExist
    return tokens


@transaction.atomic
def act_on_all(owner: User, token_ids: Collection[str], act: Act, *, actor: Actor, now: datetime) -> int:
    """Do the same to several tokens, each with its audit entry; return how many changed.

    Raises:
        SecurityToken.DoesNotExist: if one of them is unknown, deleted by now, or another account's; nothing is done then.
    """
    # In one order for all, so that two that act on the same tokens do not wait for one another.
    tokens = sorted(find_chosen(owner, token_ids), key=lambda token: token.pk)
    return sum(_act(token, act, actor, now) for token in tokens)


def _act(token: SecurityToken, act: Act, actor: Actor, now: datetime) -> bool:
    if act is Act.DELETE:
        changes.delete_token(token, actor=actor, now=now)
        return True
    status = SecurityToken.Status.ACTIVE if act is Act.ENABLE else SecurityToken.Status.DISABLED
    return changes.set_status(token, status, actor=actor, now=now)
