"""An account's audit trail as a file."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tokens.domain.dates import format_timestamp
from tokens.domain.secrets.credentials import redact
from tokens.models import AuditEvent
from tokens.presentation.activity import Entry, Subject

COLUMNS = ("Time", "What", "Token ID", "Token", "Who", "From", "Client", "Times", "Details")


class Described(NamedTuple):
    """An entry, what it is about, and its words."""

    event: AuditEvent
    subject: Subject
    entry: Entry


def rows_of(found: Iterable[Described]) -> Iterator[list[str]]:
    """Return entries as rows of `COLUMNS`; instants are UTC."""
    for event, subject, entry in found:
        details = " ".join([*entry.lines, *(f"{name}: {value}." for name, value in entry.facts)])
        yield [
            format_timestamp(event.at),
            entry.label,
            event.token_id,
            subject.name if event.token_id else "",
            event.actor_label,
            event.address,
            event.client,
            str(event.count),
            redact(details),
        ]


def objects_of(found: Iterable[Described]) -> Iterator[dict[str, Any]]:
    """Return entries as objects, with what the trail keeps of each."""
    for event, subject, entry in found:
        yield {
            "at": format_timestamp(event.at),
            "action": event.action,
            "label": entry.label,
            "tokenId": event.token_id,
            "token": subject.name if event.token_id else "",
            "who": event.actor_label,
            "address": event.address,
            "client": event.client,
            "count": event.count,
            "detail": json.loads(redact(json.dumps(event.detail))),
        }
