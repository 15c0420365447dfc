"""Storing tokens that another system made: with their identifiers, and all of them or none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction

from accounts.models import User
from tokens import conf, metrics
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.records import TokenRecord, loads_record
from tokens.models import AuditEvent, LastUse, Node, SecurityToken, TokenSecret
from tokens.services import audit, keys
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle.issuing import find_secrets

# As many as SQLite takes in one query, with some to spare.
_BATCH = 400


class Line(NamedTuple):
    """What became of one line (counted from 1): a token that can be stored, or what is wrong; "" where it names none."""

    number: int
    token_id: str
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token that its account takes."""

    number: int
    record: TokenRecord
    owner: User


class ImportRefused(Exception):
    """Something changed while the tokens were being stored; nothing was."""


class _Checker:
    """Checks records against the accounts, their nodes, the stored tokens and each other."""

    def __init__(self, owner: User | None, now: datetime) -> None:
        self._owner, self._now = owner, now
        self._owners: dict[str, User | None] = {}
        self._nodes: dict[int, set[int]] = {}
        self._lines: dict[str, int] = {}

    def check(self, number: int, record: TokenRecord, taken: set[str]) -> tuple[User | None, list[Problem]]:
        """Return the account that gets the token, and what is wrong."""
        problems = []
        if record.token_id in taken:
            problems.append(Problem("id", "There is a token with this identifier already.", record.token_id))
        first = self._lines.setdefault(record.token_id, number)
        if first != number:
            problems.append(Problem("id", f"Line {first} has the same identifier.", record.token_id))
        if record.created_at and record.created_at > self._now:
            problems.append(Problem("created", "This instant is in the future.", record.created_at.isoformat()))
        problems += find_secrets(record.name, record.description, record.policy)
        owner = self._owner or self._find_owner(record.owner)
        if owner is None:
            return None, [*problems, _no_account(record.owner)]
        nodes = self._nodes_of(owner)
        problems += [_foreign_node(node) for node in record.policy.node_ids or () if node not in nodes]
        return owner, problems

    def _find_owner(self, email: str) -> User | None:
        if email not in self._owners:
            self._owners[email] = User.objects.filter(email__iexact=email).first() if email else None
        return self._owners[email]

    def _nodes_of(self, owner: User) -> set[int]:
        if owner.pk not in self._nodes:
            self._nodes[owner.pk] = set(Node.objects.filter(owner=owner).values_list("node_id", flat=True))
        return self._nodes[owner.pk]


def examine(lines: Sequence[str], *, owner: User | None, now: datetime) -> Iterator[tuple[Line, Candidate | None]]:
    """Yield for each line that is not blank what would become of it. Nothing is written.

    Args:
        lines: a token each, as JSON (`domain.records`).
        owner: the account that gets all of them; `None` for the account that each names.
        now: nothing was created after it.
    """
    checker = _Checker(owner, now)
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    for start in range(0, len(numbered), _BATCH):
        read = [(number, *_read(line)) for number, line in numbered[start : start + _BATCH]]
        names = [record.token_id for _, record, _ in read if record]
        taken = set(SecurityToken.objects.filter(token_id__in=names).values_list("token_id", flat=True))
        for number, record, problems in read:
            if record is None:
                yield Line(number, "", tuple(problems), ()), None
                continue
            account, found = checker.check(number, record, taken)
            is_good = account is not None and not found
            line = Line(number, record.token_id, tuple(found), tuple(record.remarks))
            yield line, Candidate(number, record, account) if account and is_good else None


@transaction.atomic
def store(
    candidates: Sequence[Candidate], *, actor: Actor, now: datetime, report: Callable[[int], None] = lambda _: None
) -> None:
    """Store tokens with their secrets and their entries in the audit trail, all of them or none.

    Args:
        candidates: what `examine` found good.
        actor: for the audit trail. Owners get no mail: whoever moves a hundred tokens tells them better.
        now: the instant of the import.
        report: called with the number of tokens stored so far.

    Raises:
        ImportRefused: if an identifier or an account was taken or went in the meantime.
        ProofRequired: if the actor must first prove who they are.
    """
    actor.require_proof()
    try:
        for start in range(0, len(candidates), _BATCH):
            batch = candidates[start : start + _BATCH]
            _store(batch, actor, now)
            report(start + len(batch))
    except IntegrityError as error:
        message = "An identifier was taken or an account was deleted in the meantime. Nothing was stored. Run it again."
        raise ImportRefused(message) from error


def _store(batch: Sequence[Candidate], actor: Actor, now: datetime) -> None:
    _lock_nodes(batch)
    tokens = SecurityToken.objects.bulk_create(_token_of(candidate, now) for candidate in batch)
    pairs = list(zip(tokens, batch, strict=True))
    LastUse.objects.bulk_create(LastUse(token=token, owner_id=token.owner_id, type=token.type) for token in tokens)
    TokenSecret.objects.bulk_create(
        _secret_of(token, candidate.record.secret, now) for token, candidate in pairs if candidate.record.secret
    )
    AuditEvent.objects.bulk_create(_entry_of(token, candidate, actor, now) for token, candidate in pairs)


def _lock_nodes(batch: Sequence[Candidate]) -> None:
    """Keep the nodes that the policies name with their accounts until all is stored.

    Raises:
        ImportRefused: if one has left since it was looked at.
    """
    wanted = {(node, candidate.owner.pk) for candidate in batch for node in candidate.record.policy.node_ids or ()}
    nodes = sorted({node for node, _ in wanted})
    found: set[tuple[int, int]] = set()
    for start in range(0, len(nodes), _BATCH):
        rows = Node.objects.select_for_update(of=("self",)).filter(node_id__in=nodes[start : start + _BATCH])
        found |= set(rows.values_list("node_id", "owner_id"))
    if not wanted <= found:
        raise ImportRefused("A node left its account in the meantime. Nothing was stored. Run it again.")


def _token_of(candidate: Candidate, now: datetime) -> SecurityToken:
    record = candidate.record
    return SecurityToken(
        token_id=record.token_id,
        owner=candidate.owner,
        type=record.token_type.value,
        status=record.status.value,
        name=record.name,
        description=record.description,
        policy=record.policy.to_json(),
        created_at=record.created_at or now,
    )


def _secret_of(token: SecurityToken, value: str, now: datetime) -> TokenSecret:
    metrics.note_secret("imported")
    sealed = keys.require_keys().seal(value, token_id=token.token_id)
    return TokenSecret(token=token, sealed=sealed, fingerprint=conf.get_fingerprinter().make(value), created_at=now)


def _entry_of(token: SecurityToken, candidate: Candidate, actor: Actor, now: datetime) -> AuditEvent:
    return audit.make_entry(
        Action.IMPORTED,
        token=token,
        actor=actor,
        at=now,
        type=token.type,
        name=token.name,
        description=token.description,
        policy=token.policy,
        status=token.status,
        has_secret=bool(candidate.record.secret),
    )


def _read(line: str) -> tuple[TokenRecord | None, Sequence[Problem]]:
    try:
        return loads_record(line), ()
    except PolicyError as error:
        return None, error.problems


def _no_account(email: str) -> Problem:
    if not email:
        return Problem("owner", "No account is named. Give one with --owner, or as owner in the line.")
    return Problem("owner", "There is no account with this address. Create it first, or give another with --owner.", email)


def _foreign_node(node: int) -> Problem:
    return Problem("nodeIds", f"Node {node} is not a node of this account. Add it in the admin first.", str(node))
