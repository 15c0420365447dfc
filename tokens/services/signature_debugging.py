"""The signature debugger: judges a pasted request like a real one and finds out why its signature does not hold.

Nothing is written, neither a use nor a refusal nor what was pasted, and no secret leaves this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tokens import conf
from tokens.domain.authorization.judge import Judgement, Step, judge_claim, read_claim
from tokens.domain.dates import format_day
from tokens.domain.diagnosis.cases import Case
from tokens.domain.diagnosis.clocks import find_clock_mistake
from tokens.domain.diagnosis.diagnose import Diagnosis, diagnose
from tokens.domain.diagnosis.drafts import Mistake
from tokens.domain.diagnosis.examples import failing_request
from tokens.domain.diagnosis.pasting.leaks import Cleansed, cleanse
from tokens.domain.diagnosis.pasting.requests import Reading
from tokens.domain.diagnosis.schemes import find_scheme_mistake, open_case
from tokens.domain.diagnosis.suspecting.keys import SNWS2, SNWS3, KnownSecret
from tokens.domain.errors import MalformedRequest, UnknownKey
from tokens.domain.signing.requests import SignedRequest
from tokens.models import SecurityToken, TokenSecret
from tokens.services.signed_requests import judging

# The signing keys that may still open something, a day ahead included.
_KEY_DAYS = range(-7, 2)
_OTHER_TOKEN = Mistake(
    "Token", "The request names another token. Debug it on the page of that token, or correct the identifier that the client has."
)
_BEFORE_THE_RULES = frozenset({"wellFormed", "knownToken", "signature"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the debugger found.

    Attributes:
        status: the HTTP status that the request would get.
        steps: each step of judging, in order.
        clock: what is wrong with the request's date, `None` if nothing is.
        diagnosis: why the signature does not hold; `None` if it does, or if nothing is signed.
        mistakes: what is wrong where there is no diagnosis.
        signed: what was signed, where the signature holds.
    """

    status: int
    steps: tuple[Step, ...]
    clock: Mistake | None = None
    diagnosis: Diagnosis | None = None
    mistakes: tuple[Mistake, ...] = ()
    signed: str = ""


def find_secrets(token_id: str, now: datetime) -> list[KnownSecret]:
    """Return the private passwords of a token that can still be opened, for the command; none if there is no such token."""
    token = SecurityToken.objects.filter(token_id=token_id).first()
    return _known_secrets(token, now) if token else []


def take_out_secrets(token: SecurityToken, texts: Mapping[str, str], *, now: datetime) -> Cleansed:
    """Return pasted texts without private passwords and without signing keys of the token."""
    passwords = [known.reveal() for known in _known_secrets(token, now)]
    days = [(now + timedelta(days=offset)).date() for offset in _KEY_DAYS]
    keys = [family.derive(password, day) for password in passwords for day in days for family in (SNWS2, SNWS3)]
    return cleanse(texts, passwords, keys)


def explain(token: SecurityToken, reading: Reading, client_text: str, *, own_host: str, now: datetime) -> Answer:
    """Judge a pasted request of a token, and explain it.

    Args:
        token: the owner's.
        reading: with a request.
        client_text: what the client says it signed; "" if it says nothing.
        own_host: the portal's own host, which a client may have signed.
        now: the present.

    Raises:
        ValueError: there is no request.
        OperationalError: the database is unavailable.
    """
    request = reading.request
    if request is None:
        raise ValueError("There is no request to explain.")
    is_answer = reading.answered is not None
    clock = reading.answered or now
    judgement = _judge(token, request, clock)
    steps = _with_later_steps(judgement, request, clock, is_present=not is_answer)
    failed = next((step.step for step in steps if not step.ok), "")
    claim = judgement.signed
    if claim and failed not in _BEFORE_THE_RULES:
        wrong = find_clock_mistake(claim.date, clock, is_answer=is_answer)
        return Answer(judgement.status, steps, wrong, signed=claim.canonical)
    case = open_case(request, hosts=(*reading.hosts, own_host), now=now)
    if case is None:
        return Answer(judgement.status, steps, mistakes=(find_scheme_mistake(request),))
    wrong = find_clock_mistake(case.date, clock, is_answer=is_answer) if case.date else None
    return _explain_signature(Answer(judgement.status, steps, wrong), token, case, client_text, now)


def _explain_signature(answer: Answer, token: SecurityToken, case: Case, client_text: str, now: datetime) -> Answer:
    """Add why the signature does not hold."""
    diagnosis = diagnose(case, client_text, _known_secrets(token, now))
    if case.token_id in {"", token.token_id}:
        return replace(answer, diagnosis=diagnosis)
    # Without its password nothing can be said of another token's signature, unless it was made with this token's.
    return replace(answer, diagnosis=diagnosis if diagnosis.is_explained else None, mistakes=(_OTHER_TOKEN,))


def _judge(token: SecurityToken, request: SignedRequest, now: datetime) -> Judgement:
    """Judge a request as the API does, but say no more of another token than that it is not this one."""
    claim = read_claim(request)
    if isinstance(claim, Judgement) or claim.token_id == token.token_id:
        return judging.explain_request(request, now=now)
    judgement = judge_claim(request, claim, None, now=now)
    only_case = claim.token_id.lower() == token.token_id.lower()
    why = "The token that the request names is not this token" + (": upper and lower case differ." if only_case else ".")
    steps = tuple(step if step.ok else step._replace(detail=why) for step in judgement.steps)
    return judgement._replace(tell_steps=lambda: steps)


def _with_later_steps(judgement: Judgement, request: SignedRequest, clock: datetime, *, is_present: bool) -> tuple[Step, ...]:
    """Return the steps; where only its age ended them, also those that followed when the request was sent."""
    steps = judgement.steps
    claim = judgement.signed
    if not is_present or claim is None or steps[-1].step != "date" or steps[-1].ok or claim.date > clock:
        return steps
    then = judging.explain_request(request, now=claim.date)
    return (*steps, *then.steps[len(steps) :])


def _known_secrets(token: SecurityToken, now: datetime) -> list[KnownSecret]:
    """Return the private passwords that can still be opened, the current one first, also those that have ended."""
    secrets = TokenSecret.objects.filter(token=token).order_by("-pk")[: conf.MAX_LIVE_SECRETS * 2]
    known = [_known_secret(secret, token.token_id, now) for secret in secrets]
    return sorted((one for one in known if one is not None), key=lambda one: len(one.mistakes))


def _known_secret(secret: TokenSecret, token_id: str, now: datetime) -> KnownSecret | None:
    reveal = _opener(bytes(secret.sealed), token_id)
    try:
        reveal()
    except UnknownKey:
        return None
    if secret.ends_at is None:
        return KnownSecret(reveal)
    if secret.ends_at > now:
        return KnownSecret(reveal, f"the old private password, which works until {format_day(secret.ends_at)}")
    advice = f"It was replaced by a rotation and ended on {format_day(secret.ends_at)}. Give the client the current one."
    return KnownSecret(reveal, "an old private password", (Mistake("Old private password", advice),))


def _opener(sealed: bytes, token_id: str) -> Callable[[], str]:
    # A function of its own and no `partial`, whose representation would not be safe to show.
    def reveal() -> str:
        return conf.get_vault().open(sealed, token_id=token_id)

    return reveal


def make_example(token: SecurityToken, name: str, *, now: datetime) -> dict[str, str]:
    """Return the fields of a failing request of the token; empty if it cannot have one of this name."""
    known = _known_secrets(token, now)
    try:
        return failing_request(name, token.token_id, known[0].reveal, now=now) if known else {}
    except MalformedRequest:
        # An imported identifier that the scheme cannot name.
        return {}
