"""Refreshing a signing key: a program that only has a 7-day key gets the next one (SPEC, "HTTP API")."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F

from tokens import conf
from tokens.domain.authorization.rules import decide_refresh
from tokens.domain.outcomes import Denied
from tokens.domain.signing.signing_keys import KeyKind, check_names_token
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action
from tokens.services.signed_requests.delegation import DelegationDenied, Holder

# A refresh for the same date and scheme within this time only raises the audit entry's count.
_REPEAT_INTERVAL = timedelta(minutes=1)


@transaction.atomic
def refresh_key(holder: Holder, secret_pk: int, on: date, kind: KeyKind, *, now: datetime) -> bytes:
    """Derive a signing key from the secret that signed the request.

    An old secret that still works after a rotation therefore never leads to a key of the new one.

    Args:
        holder: the token that signed.
        secret_pk: the `TokenSecret` that signed (`Judgement.secret_reference`).
        on: the UTC day that the key is for; must not be in the future.
        kind: the scheme that the key is to sign in; not necessarily that of the request.
        now: the instant of the request.

    Returns:
        32 raw bytes.

    Raises:
        DelegationDenied: if the policy does not allow it.
        PolicyError: for `scheme`, if a signature of this kind cannot name the token.
        TokenSecret.DoesNotExist: if the secret has been ended in the meantime.
    """
    decision = decide_refresh(holder.policy)
    if isinstance(decision, Denied):
        raise DelegationDenied(decision)
    check_names_token(kind, holder.token_id)
    secret = TokenSecret.objects.select_related("token").get(pk=secret_pk, token_id=holder.token_pk)
    value = conf.get_vault().open(bytes(secret.sealed), token_id=holder.token_id)
    _record(secret.token, holder, on, kind, now)
    return kind.derive(value, on)


def _record(token: SecurityToken, holder: Holder, on: date, kind: KeyKind, now: datetime) -> None:
    recent = AuditEvent.objects.about(token).filter(action=Action.KEY_REFRESHED.value, at__gt=now - _REPEAT_INTERVAL)
    same = recent.filter(detail__date=on.isoformat(), detail__scheme=kind.value).values_list("pk", flat=True).first()
    if same is None:
        audit.record(Action.KEY_REFRESHED, token=token, actor=holder.actor, at=now, date=on.isoformat(), scheme=kind.value)
    else:
        AuditEvent.objects.filter(pk=same).update(count=F("count") + 1)
