"""`manage.py seed_demo`: create an account for trying the portal, with a token in every state."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.management.demo_use import add_use
from tokens.models import Mail, Node, SecurityToken
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle.changes import set_status
from tokens.services.lifecycle.issuing import Draft, issue_token
from tokens.services.lifecycle.rotation import Grace, rotate
from tokens.services.signed_requests.use_log import Use, use_log

DEMO_EMAIL = "demo@example.org"
PASSWORD_FILE = "demo_password"  # noqa: S105 -- the file's name
_PASSWORD_BYTES = 9

NODES = {101: "Roof", 102: "Barn", 205: "Weather station"}
# From a block that is reserved for documentation (RFC 5737).
_ADDRESS = "192.0.2.17"


@dataclass(frozen=True, slots=True)
class _Example:
    """One demo token. Times are relative: how long before now."""

    token_type: TokenType
    name: str
    description: str
    created: timedelta
    policy: Policy = field(default_factory=Policy)
    used: timedelta | None = None
    client: str = ""
    disabled: timedelta | None = None
    rotated: timedelta | None = None


class Command(BaseCommand):
    """Creates the demo account once."""

    help = "Create the demo account with three nodes and a token in every state. An existing account is not changed."

    def handle(self, *_: Any, **__: Any) -> None:
        """Create the account if it is missing, and print how to sign in."""
        if settings.IS_PRODUCTION:
            raise CommandError("The demo account is for trying the portal; it is not created in production.")
        path = settings.VAR_DIR / PASSWORD_FILE
        if not User.objects.filter(email=DEMO_EMAIL).exists():
            now = timezone.now()
            with transaction.atomic():
                _create_account(_get_or_create_password(path), now)
            self.stdout.write("Created the demo account.")
        password = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
        self.stdout.write(f"  Email:    {DEMO_EMAIL}")
        self.stdout.write(f"  Password: {password or f'set one with `manage.py changepassword {DEMO_EMAIL}`'}")


def _get_or_create_password(path: Path) -> str:
    """Return the password in the file; create the file, with mode 0600, if it is missing."""
    if path.is_file():
        return path.read_text(encoding="utf-8").strip()
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{password}\n")
    return password


def _create_account(password: str, now: datetime) -> None:
    actor = audit.command_actor()
    joined = now - timedelta(days=120)
    owner = User.objects.create_user(DEMO_EMAIL, password, date_joined=joined)
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    audit.record(Action.ACCOUNT_SAVED, actor=actor, at=joined, owner=owner, email=owner.email)
    for node_id, name in NODES.items():
        Node.objects.create(owner=owner, node_id=node_id, name=name)
        audit.record(Action.NODE_SAVED, actor=actor, at=joined, owner=owner, node=node_id, name=name)
    for example in _examples(now):
        _create_token(example, owner, actor, now)
    # What is made up long ago is no news.
    Mail.objects.filter(owner=owner).delete()


def _create_token(example: _Example, owner: User, actor: Actor, now: datetime) -> None:
    # Issued in the past, because a token that has expired cannot be issued.
    created = now - example.created
    draft = Draft(name=example.name, description=example.description, policy=example.policy)
    issued = issue_token(owner=owner, token_type=example.token_type, draft=draft, actor=actor, now=created)
    if example.used is not None:
        client = Actor(label=f"token {issued.token.token_id}", address=_ADDRESS, client=example.client)
        use_log.record(Use(issued.token.pk, issued.secret.pk, now - example.used, client))
        use_log.flush()
    add_use(issued.token, now)
    if example.rotated is not None:
        rotate(issued.token, Grace.WEEK, actor=actor, now=now - example.rotated)
    if example.disabled is not None:
        set_status(issued.token, SecurityToken.Status.DISABLED, actor=actor, now=now - example.disabled)


def _examples(now: datetime) -> Iterator[_Example]:
    """Yield a token for each state: unrestricted, every policy set, expires soon, expired, disabled, used and never used."""
    yield from _user_examples(now.date())
    yield from _data_examples(now.date())


def _user_examples(today: date) -> Iterator[_Example]:
    yield _Example(
        TokenType.USER,
        "Old laptop",
        "Kept until we know that nothing needs it any more.",
        created=timedelta(days=110, hours=3, minutes=17),
        used=timedelta(days=45, hours=6, minutes=40),
        client="curl/7.88.1",
        disabled=timedelta(days=44),
    )
    yield _Example(
        TokenType.USER,
        "Node provisioning",
        "Full access for the set-up scripts.",
        created=timedelta(days=90, hours=9, minutes=5),
        used=timedelta(hours=3, minutes=24),
        client="python-requests/2.32",
        rotated=timedelta(days=2),
    )
    yield _Example(
        TokenType.USER,
        "Nightly export",
        "May only read data; renews its own signing key.",
        created=timedelta(days=27, hours=1, minutes=51),
        policy=Policy(
            api_paths=("/datum/**", "!/datum/stream/**"),
            not_after=last_instant_of(today + timedelta(days=3)),
            refresh_allowed=True,
        ),
        used=timedelta(hours=9, minutes=2),
        client="solarnet-export/1.4",
    )


def _data_examples(today: date) -> Iterator[_Example]:
    yield _Example(
        TokenType.DATA,
        "Research partner",
        "Spring campaign.",
        created=timedelta(days=100, hours=5, minutes=33),
        policy=Policy(not_after=last_instant_of(today - timedelta(days=12)), node_ids=(205,)),
        used=timedelta(days=13, hours=2, minutes=8),
        client="R (4.3.1)",
    )
    yield _Example(
        TokenType.DATA,
        "Public dashboard",
        "The screen in the entrance hall.",
        created=timedelta(days=60, hours=7, minutes=46),
        policy=Policy.from_json(
            {
                "apiPaths": ["/datum/list", "/datum/mostRecent", "/nodes/**"],
                "notAfter": last_instant_of(today + timedelta(days=300)),
                "minAggregation": "Hour",
                "nodeIds": [101, 102],
                "refreshAllowed": True,
                "sourceIds": ["/inverter/*", "/meter/1"],
                "nodeMetadataPaths": ["/m/location", "/pm/battery/**"],
                "userMetadataPaths": ["/m/company"],
            }
        ),
        used=timedelta(minutes=4),
        client="Mozilla/5.0 (X11; Linux x86_64)",
    )
    yield _Example(TokenType.DATA, "", "", created=timedelta(hours=2))
