"""Judging a signed request in SPEC's order ("Signed requests"), each step telling what it saw.

The API, the gateway and the signature debugger all ask `judge`; who asks brings the token (`Credential`) and the time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from tokens.domain.authorization.paths import api_path
from tokens.domain.authorization.policy_rules import (
    REFRESH_PATH,
    decide_api_path,
    decide_data,
    decide_expiry,
    decide_refresh,
    decide_type,
)
from tokens.domain.dates import format_iso
from tokens.domain.errors import MalformedRequest
from tokens.domain.outcomes import UNRESTRICTED, Allowed, Denied, Effective, Reason
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import Scheme, find_scheme
from tokens.domain.signing.snws2.verification import Signed
from tokens.domain.states import State

# SPEC, "Signed requests": exactly this much is too much.
MAX_CLOCK_DIFFERENCE = timedelta(minutes=15)
# The same words whatever failed: they say nothing about whether the token exists.
UNAUTHENTICATED_MESSAGE = "The request is not signed as it must be, or its token is not known."


class Outcome(StrEnum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNAUTHENTICATED = "unauthenticated"


class Step(NamedTuple):
    """One step of judging: its name, whether it passed, and what it saw (never a secret)."""

    step: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class LiveSecret:
    """A secret that may have signed: `reveal` opens it when its turn comes; `reference` is the caller's own handle for it."""

    reveal: Callable[[], str] = field(repr=False)
    reference: int = 0


@dataclass(frozen=True, slots=True)
class Credential:
    """What judging needs to know of a token.

    `policy` is `None` where the stored one cannot be read: that denies everything. `nodes` are the account's node IDs, `None`
    where they are not asked for.
    """

    token_id: str
    token_type: TokenType
    secrets: Sequence[LiveSecret]
    policy: Policy | None
    is_enabled: bool = True
    is_owner_active: bool = True
    nodes: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What `judge` found.

    `credential` and `secret_reference` are set once the signature held; `signed` once the request could be read. `denial` tells
    which rule, entry and value decided where a policy refused. `message` may be shown to the caller.
    """

    outcome: Outcome
    status: int
    code: str
    message: str
    steps: tuple[Step, ...]
    credential: Credential | None = None
    secret_reference: int = 0
    signed: Signed | None = None
    effective: Effective = UNRESTRICTED
    denial: Denied | None = None

    @property
    def is_allowed(self) -> bool:
        """True where the request may pass."""
        return self.outcome is Outcome.ALLOWED


def judge(
    request: SignedRequest,
    find_credential: Callable[[str], Credential | None],
    *,
    now: datetime,
    decoys: Sequence[LiveSecret] = (),
) -> Judgement:
    """Judge a signed request.

    Args:
        request: the request, as the client sent it.
        find_credential: looks a token up by its identifier.
        now: the instant of judging (UTC).
        decoys: secrets that nobody holds; tried after (or, for an unknown token, instead of) the token's own, so that the
            time taken does not tell whether the token exists or how many secrets it has.

    Returns:
        A judgement; up to and including the signature every failure is the same 401 but for its `steps`, which are for the
        signature debugger alone.
    """
    authorization = request.header_values("authorization")
    scheme = find_scheme(authorization[0]) if authorization else None
    if scheme is None:
        return _unauthenticated(Step("wellFormed", False, "There is no Authorization header of a known scheme (SNWS2)."))
    try:
        signed = scheme.read_request(request)
    except MalformedRequest as error:
        return _unauthenticated(Step("wellFormed", False, str(error)))
    well_formed = Step("wellFormed", True, "The Authorization header and all that it signs can be read.")
    credential = find_credential(signed.authorization.token_id)
    known = Step("knownToken", credential is not None, "The token is known." if credential else "No such token.")
    matched = _find_signer(scheme, signed, credential, decoys)
    if credential is None:
        return _unauthenticated(well_formed, known, signed=signed)
    if matched is None:
        no_match = Step("signature", False, "No signing key of the last 7 days gives this signature.")
        return _unauthenticated(well_formed, known, no_match, signed=signed)
    return _judge_holder(request, signed, credential, matched, now, (well_formed, known))


def _find_signer(
    scheme: Scheme, signed: Signed, credential: Credential | None, decoys: Sequence[LiveSecret]
) -> tuple[LiveSecret, str] | None:
    """Return the secret that signed and what its step tells; tries as many secrets for an unknown token as for a known one."""
    own = tuple(credential.secrets) if credential else ()
    for place, secret in enumerate((*own, *decoys[len(own) :])):
        day = scheme.matches(signed, secret.reveal())
        # A decoy costs time and opens nothing, whoever may have guessed it.
        if day is not None and place < len(own):
            return secret, f"The signature holds, with the signing key of {day}."
    return None


def _judge_holder(
    request: SignedRequest,
    signed: Signed,
    credential: Credential,
    matched: tuple[LiveSecret, str],
    now: datetime,
    before: tuple[Step, ...],
) -> Judgement:
    """Judge a request whose holder has proved to have the secret: from here on the real reason is told."""
    secret, told = matched
    steps = [*before, Step("signature", True, told)]
    refusal = _check_date(signed, now, steps) or _check_standing(credential, steps)
    effective = UNRESTRICTED
    if refusal is None:
        refusal, effective = _check_policy(request, credential, now, steps)
    code, denial = refusal or ("OK", None)
    return Judgement(
        outcome=Outcome.DENIED if refusal else Outcome.ALLOWED,
        status=403 if refusal else 200,
        code=code,
        message=denial.message if denial else "The request may pass.",
        steps=tuple(steps),
        credential=credential,
        secret_reference=secret.reference,
        signed=signed,
        effective=effective,
        denial=denial,
    )


_Refusal = tuple[str, Denied]


def _check_date(signed: Signed, now: datetime, steps: list[Step]) -> _Refusal | None:
    seconds = abs(now - signed.date).total_seconds()
    if seconds < MAX_CLOCK_DIFFERENCE.total_seconds():
        steps.append(Step("date", True, f"The request's date is {seconds:.0f} seconds off."))
        return None
    message = (
        f"The request's date is {seconds:.0f} seconds off the portal's clock ({format_iso(now, 'seconds')}). The limit is 15 "
        "minutes. Set the client's clock."
    )
    return _refuse(steps, "date", "REQUEST_DATE", Denied("date", format_iso(signed.date, "seconds"), "", message))


def _check_standing(credential: Credential, steps: list[Step]) -> _Refusal | None:
    if not credential.is_enabled:
        message = "This token is disabled. Its owner can enable it."
        return _refuse(steps, "status", "TOKEN_DISABLED", Denied("status", State.DISABLED, "", message))
    if not credential.is_owner_active:
        message = "The account of this token is not active. Its administrator can activate it."
        return _refuse(steps, "status", "ACCOUNT_INACTIVE", Denied("owner", "inactive", "", message))
    if credential.policy is None:
        message = "The stored policy of this token cannot be read, so it allows nothing. Its owner can set the policy anew."
        return _refuse(steps, "policy", "POLICY_UNREADABLE", Denied("policy", "", "", message))
    steps.append(Step("status", True, "The token is enabled and its account active."))
    return None


def _check_policy(
    request: SignedRequest, credential: Credential, now: datetime, steps: list[Step]
) -> tuple[_Refusal | None, Effective]:
    policy = credential.policy or Policy()
    rules: tuple[tuple[str, str, Callable[[], Reason | Denied]], ...] = (
        ("expiry", "TOKEN_EXPIRED", lambda: decide_expiry(policy, now)),
        ("type", "TYPE_NOT_ALLOWED", lambda: decide_type(credential.token_type, request.method, request.path)),
        ("apiPaths", "API_PATH_NOT_ALLOWED", lambda: decide_api_path(policy, request.path)),
        *((("refreshAllowed", "REFRESH_NOT_ALLOWED", lambda: decide_refresh(policy)),) if _asks_for_key(request.path) else ()),
    )
    for name, code, decide in rules:
        answer = decide()
        if isinstance(answer, Denied):
            return _refuse(steps, name, code, answer), UNRESTRICTED
        steps.append(Step(name, True, answer.message))
    data = decide_data(
        policy,
        token_type=credential.token_type,
        raw_path=request.path,
        query=request.query,
        method=request.method,
        account_nodes=credential.nodes,
    )
    if isinstance(data, Allowed):
        steps.extend(Step(reason.rule, True, reason.message) for reason in data.reasons)
        return None, data.effective
    steps.extend(Step(reason.rule, True, reason.message) for reason in data.before)
    return _refuse(steps, data.rule, "DATA_NOT_ALLOWED", data), UNRESTRICTED


def _asks_for_key(raw_path: str) -> bool:
    """Tell whether a path, however it is spelled, leads to the call that answers with a new signing key."""
    # Nearly no path does; only one that names it, or may hide it behind an escape, is read.
    return ("refresh" in raw_path or "%" in raw_path) and api_path(raw_path) == REFRESH_PATH


def _refuse(steps: list[Step], name: str, code: str, denied: Denied) -> _Refusal:
    steps.append(Step(name, False, denied.message))
    return code, denied


def _unauthenticated(*steps: Step, signed: Signed | None = None) -> Judgement:
    return Judgement(
        outcome=Outcome.UNAUTHENTICATED,
        status=401,
        code="UNAUTHENTICATED",
        message=UNAUTHENTICATED_MESSAGE,
        steps=steps,
        signed=signed,
    )
