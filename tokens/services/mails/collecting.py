"""Finds what is due to be told without a change to go with: expiry dates, and use that is out of the ordinary."""

import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import chain

from django.db.models import Exists, OuterRef, Subquery

from tokens.domain.dates import from_milliseconds, to_milliseconds
from tokens.models import AuditEvent, Caller, SecurityToken, UseDay
from tokens.services.lists.views import UNUSED_DAYS, Status, in_status
from tokens.services.mails.kinds import Kind
from tokens.services.mails.outbox import Due, queue_once

# Days before its end on which an owner is reminded of a token.
REMINDERS = (1, 3, 14)
# A timer that did not run for a while catches up with what happened within this time.
_LOOK_BACK = timedelta(days=7)
_IPV4_PREFIX, _IPV6_PREFIX = 24, 64


def collect(now: datetime) -> int:
    """Queue everything that is due, each once however often this runs; returns how many mails were new."""
    return queue_once(chain(_expiring(now), _expired_but_called(now), _new_callers(now), _awake(now)), now)


def _expiring(now: datetime) -> Iterator[Due]:
    end = to_milliseconds(now + timedelta(days=max(REMINDERS)))
    tokens = SecurityToken.objects.filter(in_status(Status.ACTIVE, now), not_after__lte=end, owner__is_active=True)
    for token in tokens.iterator():
        ends_at = from_milliseconds(token.not_after)
        days = next(days for days in REMINDERS if ends_at <= now + timedelta(days=days))
        # Whoever made a token that is to end so soon knows it.
        if ends_at - token.created_at > timedelta(days=days):
            yield Due(Kind.EXPIRING, token, f"{token.pk}:{token.not_after}:{days}", {"ends_at": ends_at.isoformat()})


def _expired_but_called(now: datetime) -> Iterator[Due]:
    refused = AuditEvent.objects.filter(
        token_id=OuterRef("token_id"), action="request.refused", at__gt=now - _LOOK_BACK, detail__rule="notAfter"
    )
    start = to_milliseconds(now - timedelta(days=UNUSED_DAYS))
    tokens = SecurityToken.objects.filter(in_status(Status.EXPIRED, now), not_after__gt=start, owner__is_active=True)
    for token in tokens.filter(Exists(refused)).iterator():
        ends_at = from_milliseconds(token.not_after)
        yield Due(Kind.EXPIRED_CALLED, token, f"{token.pk}:{token.not_after}", {"ends_at": ends_at.isoformat()})


def _new_callers(now: datetime) -> Iterator[Due]:
    earlier = Caller.objects.filter(token=OuterRef("token"), first_at__lt=OuterRef("first_at"))
    callers = Caller.objects.filter(first_at__gt=now - _LOOK_BACK, token__owner__is_active=True).filter(Exists(earlier))
    for caller in callers.select_related("token").order_by("first_at").iterator():
        known = list(Caller.objects.filter(token=caller.token_id, first_at__lt=caller.first_at).values_list("address", "client"))
        network = network_of(caller.address)
        is_known = network in {network_of(address) for address, _ in known} and caller.client in {client for _, client in known}
        if is_known:
            continue
        # Its row may be dropped and come again; the owner was told all the same.
        mark = hashlib.sha256(f"{network} {caller.client}".encode()).hexdigest()[:32]
        detail = {"address": caller.address, "client": caller.client, "at": caller.first_at.isoformat()}
        yield Due(Kind.NEW_CALLER, caller.token, f"{caller.token_id}:{mark}", detail)


def _awake(now: datetime) -> Iterator[Due]:
    recent = now.date() - _LOOK_BACK
    used = UseDay.objects.filter(token=OuterRef("pk"), allowed__gt=0)
    first = used.filter(day__gte=recent).order_by("day").values("day")[:1]
    tokens = SecurityToken.objects.filter(Exists(used.filter(day__gte=recent)), owner__is_active=True)
    for token in tokens.annotate(first=Subquery(first)).iterator():
        since: date = vars(token)["first"]
        others = UseDay.objects.filter(token=token, allowed__gt=0, day__lt=since)
        latest = others.order_by("-day").values_list("day", flat=True).first()
        if latest is not None and since - latest >= timedelta(days=UNUSED_DAYS):
            yield Due(Kind.AWAKE, token, f"{token.pk}:{latest}", {"latest": latest.isoformat()})


def network_of(address: str) -> str:
    """Return the network that an address is counted to: what changes within it is nothing new."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, _IPV4_PREFIX if parsed.version == 4 else _IPV6_PREFIX), strict=False))
