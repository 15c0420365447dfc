"""Takes a signed request that changes something only once (SPEC, "Promises"). All processes share what was taken."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from tokens.domain.authorization.judge import MAX_CLOCK_DIFFERENCE
from tokens.domain.signing.claims import Claim
from tokens.domain.signing.requests import SignedRequest
from tokens.models import MAX_ADDRESS_LENGTH, TakenRequest

# SNWS2's date has whole seconds, so a program that sends two equal requests at once signs them alike.
SAME_SENDER = timedelta(seconds=2)
# A date may be as far ahead as behind.
KEPT = 2 * MAX_CLOCK_DIFFERENCE
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
# Each so many requests drop what is too old, as many rows at a time: the table stays as large as half an hour's changes.
_TURN = 50
_MOST_DROPPED = 500
_TAKE = """
INSERT INTO tokens_takenrequest (mark, at, address) VALUES (%s, %s, %s) ON CONFLICT (mark) DO NOTHING
"""


def is_guarded(method: str) -> bool:
    """Return whether requests with a method are taken once: those that may change something or, if the settings say so, all."""
    return method not in _READS or settings.REFUSE_REPLAYS == "all"


def take(request: SignedRequest, claim: Claim, secret_pk: int, *, now: datetime) -> bool:
    """Take a request that is allowed; return False if it was taken before.

    An equal one from the same address within 2 seconds of the first is taken too.

    Raises:
        OperationalError: the database cannot be written to; nothing is allowed then.
    """
    mark = hashlib.sha256(f"{claim.token_id}\n{secret_pk}\n{claim.string_to_sign}".encode()).hexdigest()[:32]
    address = request.address[:MAX_ADDRESS_LENGTH]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [mark, connection.ops.adapt_datetimefield_value(now), address])
        is_new = cursor.rowcount == 1
    if is_new:
        if int(mark[:8], 16) % _TURN == 0:
            drop_old(now)
        return True
    first = TakenRequest.objects.filter(mark=mark).first()
    # None: it was dropped this instant, so its date is too old by now.
    return first is not None and first.address == address and abs(now - first.at) <= SAME_SENDER


def drop_old(now: datetime) -> int:
    """Drop requests whose date nobody would accept any more, a bounded number of them; return how many."""
    old = TakenRequest.objects.filter(at__lt=now - KEPT).order_by("at").values("pk")[:_MOST_DROPPED]
    return TakenRequest.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
