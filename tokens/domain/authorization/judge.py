"""Judging a signed request in the prescribed order (SPEC, "Signed requests"), each step with what it found.

The API, the gateway and the signature debugger all do the same: `read_claim`, look the token up, `judge_claim`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from tokens.domain.authorization.paths import WHOAMI_PATH
from tokens.domain.authorization.rules import AccessRequest, Authorization, authorize
from tokens.domain.dates import format_iso
from tokens.domain.errors import MalformedRequest
from tokens.domain.outcomes import UNRESTRICTED, Denied, Effective
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing import presigned
from tokens.domain.signing.claims import Claim, KeyUsed
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import SCHEMES, find_scheme

# SPEC, "Signed requests": exactly this much is too much.
MAX_CLOCK_DIFFERENCE = timedelta(minutes=15)
# The same words whatever failed: they say nothing about whether the token exists.
UNAUTHENTICATED_MESSAGE = "The request is not signed correctly, or its token is unknown."


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


_WELL_FORMED = Step("wellFormed", True, "The signature and everything that it covers can be read.")
_KNOWN = Step("knownToken", True, "The token is known.")
_UNKNOWN = Step("knownToken", False, "No such token.")


class LiveSecret(NamedTuple):
    """A secret that may have signed: `reveal` opens it when its turn comes; `reference` is the caller's own handle for it."""

    reveal: Callable[[], str]
    reference: int = 0

    def __repr__(self) -> str:
        """Show nothing of the secret, not even sealed."""
        return f"LiveSecret(reference={self.reference})"


class Credential(NamedTuple):
    """What judging needs to know of a token.

    `policy` is `None` if the stored one cannot be read: that denies everything. `nodes` are the account's node IDs, `None`
    if they are not needed.
    """

    token_id: str
    token_type: TokenType
    secrets: Sequence[LiveSecret]
    policy: Policy | None
    is_enabled: bool = True
    is_owner_active: bool = True
    nodes: frozenset[int] | None = None


class Judgement(NamedTuple):
    """What `judge` found.

    `tell_steps` returns the steps that led there; few callers ask for them, and telling takes longer than judging.
    `credential` and `secret_reference` are set once the signature held; `signed` once the request could be read. `denial` tells
    which rule, entry and value decided where a policy refused. `message` may be shown to the caller. So may `sender_hint`, in
    `X-SN-ErrorMessage` (one line of visible ASCII): what is wrong with the sender's own request. It is "" wherever a token was
    looked up, and for schemes that keep the reason to themselves.
    """

    outcome: Outcome
    status: int
    code: str
    message: str
    tell_steps: Callable[[], tuple[Step, ...]]
    credential: Credential | None = None
    secret_reference: int = 0
    signed: Claim | None = None
    effective: Effective = UNRESTRICTED
    denial: Denied | None = None
    sender_hint: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in order, up to the first that failed."""
        return self.tell_steps()

    @property
    def is_allowed(self) -> bool:
        """True if the request may pass."""
        return self.outcome is Outcome.ALLOWED


def find_handed_over(request: SignedRequest) -> SignedRequest | None:
    """Return, as its holder signed it, a request that somebody else sends for the holder; `None` for any other.

    Only the question what a token is can be handed over: `GET` of exactly one path.
    """
    if request.path != WHOAMI_PATH or request.method != "GET":
        return None
    return presigned.unwrap(request)


def read_claim(request: SignedRequest) -> Claim | Judgement:
    """Read what a signed request claims, or return the 401 of one that cannot be read."""
    request = find_handed_over(request) or request
    scheme = find_scheme(request)
    if scheme is None:
        names = " or ".join(scheme.name for scheme in SCHEMES)
        return _unauthenticated(Step("wellFormed", False, f"The request is not signed with a known scheme ({names})."))
    try:
        return scheme.read(request)
    except MalformedRequest as error:
        hint = str(error) if scheme.hints_sender else ""
        return _unauthenticated(Step("wellFormed", False, str(error)), sender_hint=hint)


def judge_claim(
    request: SignedRequest,
    claim: Claim,
    credential: Credential | None,
    *,
    now: datetime,
    decoys: Sequence[LiveSecret] = (),
) -> Judgement:
    """Judge a signed request.

    Args:
        request: the request, as the client sent it.
        claim: what `read_claim` returned for it.
        credential: the token that the claim names, `None` if there is no such token.
        now: the instant of judging (UTC).
        decoys: secrets that nobody has; tried after (or, for an unknown token, instead of) the token's own, so that the time
            taken does not tell whether the token exists or how many secrets it has.

    Returns:
        A judgement; up to and including the signature every failure is the same 401 but for its `steps`, which are for the
        signature debugger alone.
    """
    signer = _find_signer(claim, credential, decoys)
    if credential is None:
        return _unauthenticated(_WELL_FORMED, _UNKNOWN, signed=claim)
    if signer is None:
        return _unauthenticated(_WELL_FORMED, _KNOWN, Step("signature", False, claim.mismatch), signed=claim)
    return _judge_holder(request, claim, credential, signer, now)


class _Signer(NamedTuple):
    """The secret that signed, and the key made of it."""

    secret: LiveSecret
    key: KeyUsed


def _find_signer(claim: Claim, credential: Credential | None, decoys: Sequence[LiveSecret]) -> _Signer | None:
    """Return who signed; tries as many secrets for an unknown token as for a known one."""
    own = tuple(credential.secrets) if credential else ()
    for place, secret in enumerate((*own, *decoys[len(own) :])):
        key = claim.matches(secret.reveal())
        # A decoy costs time and authenticates nobody, whoever may have guessed it.
        if key is not None and place < len(own):
            return _Signer(secret, key)
    return None


def _judge_holder(request: SignedRequest, claim: Claim, credential: Credential, signer: _Signer, now: datetime) -> Judgement:
    """Judge a request whose sender has proved to have the secret: from here on the real reason is given."""
    denial = _check_date(claim, now)
    if denial is not None:
        authorization = Authorization(code="REQUEST_DATE", denial=denial)
    else:
        authorization = authorize(_access_request(request, credential, now))
    denied = authorization.denial

    def tell_steps() -> tuple[Step, ...]:
        signature = Step("signature", True, f"The signature is valid, with {signer.key}.")
        findings = [Step(step, decision.ok, decision.message) for step, decision in authorization.findings]
        return (_WELL_FORMED, _KNOWN, signature, _date_step(claim, now, denial), *findings)

    return Judgement(
        outcome=Outcome.DENIED if denied else Outcome.ALLOWED,
        status=403 if denied else 200,
        code=authorization.code or "OK",
        message=denied.message if denied else "The request may pass.",
        tell_steps=tell_steps,
        credential=credential,
        secret_reference=signer.secret.reference,
        signed=claim,
        effective=authorization.effective,
        denial=denied,
    )


def _check_date(claim: Claim, now: datetime) -> Denied | None:
    difference = abs(now - claim.date)
    if difference >= MAX_CLOCK_DIFFERENCE:
        message = (
            f"The request's date is {_seconds(difference)} off {_clock(now)}. The limit is 15 minutes. Set the client's clock."
        )
        return Denied("date", format_iso(claim.date, "seconds"), "", message)
    if claim.expires is not None and now > claim.expires:
        end = format_iso(claim.expires, "seconds")
        message = f"The signature expired at {end}, by {_clock(now)}. Sign the request again, or set the client's clock."
        return Denied("expires", end, "", message)
    return None


def _date_step(claim: Claim, now: datetime, denial: Denied | None) -> Step:
    if denial is not None:
        return Step("date", False, denial.message)
    return Step("date", True, f"The request's date is {_seconds(abs(now - claim.date))} off.")


def _seconds(difference: timedelta) -> str:
    return f"{difference.total_seconds():.0f} seconds"


def _clock(now: datetime) -> str:
    return f"the portal's clock ({format_iso(now, 'seconds')})"


def _access_request(request: SignedRequest, credential: Credential, now: datetime) -> AccessRequest:
    return AccessRequest(
        token_type=credential.token_type,
        policy=credential.policy,
        method=request.method,
        raw_path=request.path,
        query=request.query,
        now=now,
        account_nodes=credential.nodes,
        is_enabled=credential.is_enabled,
        is_owner_active=credential.is_owner_active,
    )


def _unauthenticated(*steps: Step, signed: Claim | None = None, sender_hint: str = "") -> Judgement:
    return Judgement(
        outcome=Outcome.UNAUTHENTICATED,
        status=401,
        code="UNAUTHENTICATED",
        message=UNAUTHENTICATED_MESSAGE,
        tell_steps=lambda: steps,
        signed=signed,
        sender_hint=sender_hint,
    )
