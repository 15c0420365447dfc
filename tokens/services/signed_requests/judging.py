"""Judging a signed request against the database: one query, then the rules, then a record of the use or the refusal."""

import logging
import time
from datetime import datetime
from functools import lru_cache, partial
from operator import attrgetter
from typing import NamedTuple

from tokens import conf
from tokens.domain.authorization.judge import (
    Credential,
    Judgement,
    LiveSecret,
    Outcome,
    find_handed_over,
    judge_claim,
    read_claim,
)
from tokens.domain.dates import format_timestamp
from tokens.domain.errors import PolicyError, UnknownKey
from tokens.domain.outcomes import UNRESTRICTED, Denied
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.stored import loads_policy
from tokens.domain.policies.table import TokenType
from tokens.domain.secrets.credentials import make_secret, redact
from tokens.domain.secrets.vault import Vault
from tokens.domain.signing.claims import Claim
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.states import State
from tokens.metrics import timed_judgement
from tokens.models import SecurityToken, is_live
from tokens.services.audit import Action, third_party_actor, token_actor
from tokens.services.signed_requests import replays
from tokens.services.signed_requests.driver import fetch_all, read_instant
from tokens.services.signed_requests.request_log import RequestEvent, request_log
from tokens.services.signed_requests.use_log import Use, use_log
from tokens.services.use.counting import use_counter

logger = logging.getLogger(__name__)

# One hand-written query, because this is the hot path: the ORM costs more than all of the judging.
# What counts as live is decided below, on the one to three rows that come back.
_QUERY = """
SELECT {t}id, {t}type, {t}status, {t}policy{text}, {t}policy_mark, {t}owner_id, {u}is_active,
       {s}id, {s}sealed, {s}ends_at, s.first_used_at IS NULL,
       CASE WHEN t.type = 'ReadNodeData' THEN
           (SELECT {nodes} FROM tokens_node n WHERE n.owner_id = t.owner_id)
       END
FROM tokens_securitytoken t
JOIN accounts_user u ON u.id = t.owner_id
LEFT JOIN tokens_tokensecret s ON s.token_id = t.id
WHERE t.token_id = %s
"""
_QUERIES = {
    # With a plus, which changes nothing, a column has no declared type for the driver to look up a converter by: 1 to 2 µs.
    "sqlite": _QUERY.format(t="+t.", u="+u.", s="+s.", text="", nodes="group_concat(n.node_id)"),
    "postgresql": _QUERY.format(t="t.", u="u.", s="s.", text="::text", nodes="string_agg(n.node_id::text, ',')"),
}
_TYPES = {token_type.value: token_type for token_type in TokenType}
_DECOY_ID = "decoy"
# A request that nobody is proved to have sent is refused so long after it came, at the soonest: several times as long as judging
# takes, and the same whether there is such a token or not. Reading its row takes some microseconds more than finding none.
REFUSAL_SECONDS = 0.002


class Judged(NamedTuple):
    """A judgement, with the row's keys if the token is known."""

    judgement: Judgement
    token_pk: int = 0
    owner_pk: int = 0


class _StoredToken(NamedTuple):
    """A token as the database has it: what judging needs, and the keys of its rows."""

    credential: Credential
    token_pk: int
    owner_pk: int
    # The secret that no request has been signed with yet, while others work that may end with its first use.
    awaited: frozenset[int]
    # Whether one secret works, and has been used before.
    is_plain: bool


class _Row(NamedTuple):
    """One row of the query: the token, and one of its secrets (`None` if it has none)."""

    token_pk: int
    token_type: str
    status: str
    policy: str
    policy_mark: str | None
    owner_pk: int
    is_owner_active: bool
    secret_pk: int | None
    sealed: bytes
    ends_at: str | datetime | None
    is_unused: bool
    nodes: str | None


_secret_pk = attrgetter("secret_pk")


@timed_judgement
def judge_request(request: SignedRequest, *, now: datetime) -> Judged:
    """Judge a signed request, record its use, and write a refusal after a valid signature to the audit trail.

    Raises:
        OperationalError: the database is unavailable; no request is allowed then.
    """
    start = time.perf_counter()
    claim = read_claim(request)
    if isinstance(claim, Judgement):
        return Judged(claim)
    stored = _find_token(claim.token_id, now)
    judgement = judge_claim(request, claim, stored.credential if stored else None, now=now, decoys=_decoys())
    if stored is None or judgement.credential is None:
        _wait_until(start + REFUSAL_SECONDS)
        return Judged(judgement)
    if judgement.is_allowed and replays.is_guarded(request.method) and not _take(request, claim, judgement, now):
        judgement = _replayed(judgement)
    if find_handed_over(request) is None:
        use_counter.count(
            request,
            token_pk=stored.token_pk,
            secret_pk=judgement.secret_reference,
            token_type=stored.credential.token_type,
            is_allowed=judgement.is_allowed,
            now=now,
        )
    if judgement.denial is not None:
        record_refusal(stored.token_pk, judgement.code, judgement.denial, request=request, now=now)
    elif find_handed_over(request) is not None:
        # No use: when, where and by what program the holder used its secret is not known from who sends this.
        _record_handed_over(stored.token_pk, claim.date, request=request, now=now)
    else:
        # Only what passed counts as use: a replayed request must not end the secret that a rotation left working.
        secret_pk = judgement.secret_reference
        actor = token_actor(claim.token_id, request)
        use_log.record(Use(stored.token_pk, secret_pk, now, actor, secret_pk in stored.awaited, stored.is_plain))
    return Judged(judgement, stored.token_pk, stored.owner_pk)


def _wait_until(instant: float) -> None:
    """Wait for an instant of `time.perf_counter`, if it is still to come."""
    left = instant - time.perf_counter()
    if left > 0:
        time.sleep(left)


def _take(request: SignedRequest, claim: Claim, judgement: Judgement, now: datetime) -> bool:
    return replays.take(request, claim, judgement.secret_reference, now=now)


def _replayed(judgement: Judgement) -> Judgement:
    """Return the refusal of a request that was taken before."""
    message = "This very request was taken before, and changes are made once. Sign it again, with the present date."
    denied = Denied("replay", "", "", message)
    return judgement._replace(
        outcome=Outcome.DENIED, status=409, code="REPLAYED", message=message, denial=denied, effective=UNRESTRICTED
    )


def explain_request(request: SignedRequest, *, now: datetime) -> Judgement:
    """Judge a signed request for the signature debugger: the same rules, but no use and no refusal is written.

    Raises:
        OperationalError: the database is unavailable.
    """
    claim = read_claim(request)
    if isinstance(claim, Judgement):
        return claim
    stored = _find_token(claim.token_id, now)
    return judge_claim(request, claim, stored.credential if stored else None, now=now)


def record_refusal(token_pk: int, code: str, denied: Denied, *, request: SignedRequest, now: datetime) -> None:
    """Write to the audit trail what a holder was refused: which rule, entry and value decided."""
    token = SecurityToken.objects.filter(pk=token_pk).first()
    if token is None:
        return
    detail = {
        "code": code,
        "rule": denied.rule,
        "entry": denied.entry,
        # A client may send a private password there by mistake.
        "value": redact(denied.value),
        "message": redact(denied.message),
        "method": redact(request.method),
        "path": redact(request.path)[:256],
    }
    kind: tuple[str, ...] = (code, denied.rule)
    actor = token_actor(token.token_id, request)
    if find_handed_over(request) is not None:
        # Not counted together with the holder's own.
        kind, actor = (*kind, request.address), third_party_actor(token.token_id, request)
    request_log.record(RequestEvent(Action.REFUSED, token, kind, detail, actor, now))


def _record_handed_over(token_pk: int, signed_at: datetime, *, request: SignedRequest, now: datetime) -> None:
    """Write to the audit trail that somebody else was told what the token is, as its holder had signed, and from where."""
    token = SecurityToken.objects.filter(pk=token_pk).first()
    if token is None:
        return
    detail = {"signed_at": format_timestamp(signed_at)}
    actor = third_party_actor(token.token_id, request)
    request_log.record(RequestEvent(Action.HANDED_OVER, token, (request.address,), detail, actor, now))


def _find_token(token_id: str, now: datetime) -> _StoredToken | None:
    rows = _fetch(token_id)
    if not rows:
        return None
    token = rows[0]
    live = {row.secret_pk: row for row in rows if row.secret_pk is not None and is_live(read_instant(row.ends_at), now)}
    credential = Credential(
        token_id=token_id,
        token_type=_TYPES[token.token_type],
        secrets=[LiveSecret(partial(_open, bytes(row.sealed), token_id), pk) for pk, row in live.items()],
        policy=_read_policy(token.policy, token.policy_mark),
        is_enabled=token.status == State.ACTIVE,
        is_owner_active=bool(token.is_owner_active),
        nodes=_read_nodes(token.nodes) if token.token_type == TokenType.DATA else None,
    )
    unused = frozenset([pk for pk, row in live.items() if row.is_unused])
    has_one = len(live) == 1
    return _StoredToken(credential, token.token_pk, token.owner_pk, frozenset() if has_one else unused, has_one and not unused)


def _fetch(token_id: str) -> list[_Row]:
    """Return a token's rows, that of the newest secret first."""
    rows = [_Row._make(row) for row in fetch_all(_QUERIES, (token_id,))]
    if len(rows) > 1:
        # A database would write all of the rows into a table of its own to sort them.
        rows.sort(key=_secret_pk, reverse=True)
    return rows


# Saves 10 µs where a token's requests come one after the other.
@lru_cache(maxsize=1024)
def _read_policy(text: str, mark: str | None) -> Policy | None:
    """Read a stored policy; the same text is always the same policy, so the cache cannot be out of date."""
    try:
        return loads_policy(text, mark)
    except PolicyError:
        return None


def _read_nodes(text: str | None) -> frozenset[int]:
    return frozenset(map(int, text.split(","))) if text else frozenset()


def _open(sealed: bytes, token_id: str) -> str:
    try:
        return conf.get_vault().open(sealed, token_id=token_id)
    except UnknownKey:
        logger.error("The secret of token %s cannot be decrypted: a key is missing from PORTAL_TOKEN_KEYS.", token_id)
        # A secret that nobody has: the signature fails like any other.
        return make_secret()


def _decoys() -> tuple[LiveSecret, ...]:
    """Return secrets that nobody has, sealed like real ones: opening them takes the same time."""
    return _seal_decoys(conf.get_vault())


@lru_cache(maxsize=1)
def _seal_decoys(vault: Vault) -> tuple[LiveSecret, ...]:
    boxes = (vault.seal(make_secret(), token_id=_DECOY_ID) for _ in range(conf.MAX_LIVE_SECRETS))
    return tuple(LiveSecret(partial(_open, box, _DECOY_ID)) for box in boxes)
