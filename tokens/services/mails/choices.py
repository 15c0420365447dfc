"""Which mails an owner gets."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from tokens.models import MailChoice
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.mails.kinds import Kind


def wanted_by(owner: User) -> list[Kind]:
    """Return the kinds of mails that an owner gets."""
    choice = MailChoice.objects.filter(owner=owner).first()
    return [kind for kind in Kind if kind not in (choice.off if choice else ())]


@transaction.atomic
def choose(owner: User, wanted: Collection[Kind], *, actor: Actor, now: datetime) -> bool:
    """Set which mails an owner gets; returns False, without an audit entry, if that changes nothing.

    Raises:
        ProofRequired: if a mail is switched off and the actor must first prove who they are.
    """
    before = wanted_by(owner)
    if set(before) == set(wanted):
        return False
    if set(before) - set(wanted):
        actor.require_proof()
    off = [kind.value for kind in Kind if kind not in wanted]
    MailChoice.objects.update_or_create(owner=owner, defaults={"off": off})
    audit.record(Action.MAILS_CHOSEN, owner=owner, actor=actor, at=now, off=off)
    return True
