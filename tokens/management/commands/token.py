"""`manage.py token create|list|show|disable|enable|rotate|delete` (docs/commands.md)."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from tokens.domain.policies.table import TokenType
from tokens.management.exit_codes import REFUSED, UNKNOWN, told_by_exit
from tokens.management.output import TABLE_COLUMNS, as_json, clean, pairs, table, token_json, token_lines, token_row
from tokens.management.policy_flags import add_policy_flags, read_policy_flags
from tokens.models import SecurityToken
from tokens.services.audit import command_actor
from tokens.services.lifecycle import changes
from tokens.services.lifecycle.issuing import Draft, Issued, issue_token
from tokens.services.lifecycle.rotation import Grace, rotate

_TYPES = {"user": TokenType.USER, "data": TokenType.DATA}
_ONCE = "Heads up! The private password is shown this once. Store it now; if it gets lost, rotate the token."


class Command(BaseCommand):
    """Creates and manages tokens by the same acts as the page and the API."""

    help = "Create and manage security tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-commands."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        create = acts.add_parser("create", help="create a token; its private password is printed once")
        create.add_argument("--owner", required=True, metavar="E-MAIL", help="the account that the token acts for")
        create.add_argument("--type", required=True, choices=_TYPES)
        create.add_argument("--name", default="")
        create.add_argument("--description", default="")
        add_policy_flags(create)
        listing = acts.add_parser("list", help="list an account's tokens, newest first")
        listing.add_argument("--owner", required=True, metavar="E-MAIL")
        listing.add_argument("--type", choices=_TYPES)
        listing.add_argument("--status", choices=SecurityToken.Status.values)
        named = {
            "show": "show everything of one token but its secret",
            "disable": "refuse the token from the next request on",
            "enable": "accept the token again",
            "rotate": "make a new private password, printed once",
            "delete": "delete the token for good",
        }
        parsers = {act: acts.add_parser(act, help=told) for act, told in named.items()}
        for one in parsers.values():
            one.add_argument("token_id", metavar="TOKEN", help="the token identifier")
        told = "how long the old private password works: " + "; ".join(f"{grace}: {grace.label}" for grace in Grace)
        parsers["rotate"].add_argument("--grace", type=str, choices=[str(grace) for grace in Grace], required=True, help=told)
        parsers["delete"].add_argument("--yes", action="store_true", help="do not ask")
        for one in (create, listing, *parsers.values()):
            _add_json(one)

    def handle(self, *_: Any, act: str, **options: Any) -> None:
        """Do one act."""
        acts = {
            "create": self._create,
            "list": self._list,
            "show": self._show,
            "disable": self._set_status,
            "enable": self._set_status,
            "rotate": self._rotate,
            "delete": self._delete,
        }
        with told_by_exit():
            acts[act]({**options, "act": act})

    def _create(self, options: dict[str, Any]) -> None:
        draft = Draft(name=options["name"], description=options["description"], policy=read_policy_flags(options))
        owner, token_type = _get_owner(options["owner"]), _TYPES[options["type"]]
        self._print_issued(
            issue_token(owner=owner, token_type=token_type, draft=draft, actor=command_actor(), now=timezone.now()), options
        )

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        tokens = SecurityToken.objects.owned_by(_get_owner(options["owner"])).select_related("owner")
        if options["type"]:
            tokens = tokens.of_type(_TYPES[options["type"]])
        if options["status"]:
            tokens = tokens.filter(status=options["status"])
        if options["json"]:
            self.stdout.write(as_json([token_json(token, now) for token in tokens.iterator()]))
            return
        rows = [token_row(token, now) for token in tokens.iterator()]
        for line in table(TABLE_COLUMNS, rows) if rows else ["There are no such tokens."]:
            self.stdout.write(line)

    def _show(self, options: dict[str, Any]) -> None:
        token, now = _get_token(options["token_id"]), timezone.now()
        for line in [as_json(token_json(token, now))] if options["json"] else token_lines(token, now):
            self.stdout.write(line)

    def _set_status(self, options: dict[str, Any]) -> None:
        token = _get_token(options["token_id"])
        status = SecurityToken.Status.ACTIVE if options["act"] == "enable" else SecurityToken.Status.DISABLED
        changed = changes.set_status(token, status, actor=command_actor(), now=timezone.now())
        token.status = status
        now_or_already = "now" if changed else "already"
        self._tell(f"Token {token.token_id} is {now_or_already} {status}.", token_json(token, timezone.now()), options)

    def _rotate(self, options: dict[str, Any]) -> None:
        token = _get_token(options["token_id"])
        self._print_issued(rotate(token, Grace(options["grace"]), actor=command_actor(), now=timezone.now()), options)

    def _delete(self, options: dict[str, Any]) -> None:
        token = _get_token(options["token_id"])
        if not options["yes"]:
            self._confirm(token)
        changes.delete_token(token, actor=command_actor(), now=timezone.now())
        self._tell(f"Token {token.token_id} is deleted.", {"id": token.token_id, "deleted": True}, options)

    def _confirm(self, token: SecurityToken) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Deleting is for good. Without a terminal to ask at, say --yes.", returncode=REFUSED)
        question = f"Delete the token {token.token_id} ({clean(token.display_name)}) of {token.owner} for good? [y/N] "
        if input(question).strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was deleted.", returncode=REFUSED)

    def _print_issued(self, issued: Issued, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(as_json({**token_json(issued.token, timezone.now()), "authSecret": issued.value}))
            return
        for line in pairs({"Security Token": issued.token.token_id, "Private Password": issued.value}):
            self.stdout.write(line)
        # On the other stream, so that a pipe carries the two values alone.
        self.stderr.write(_ONCE)

    def _tell(self, words: str, document: object, options: dict[str, Any]) -> None:
        self.stdout.write(as_json(document) if options["json"] else words)


def _add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer with JSON")


def _get_owner(email: str) -> User:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise CommandError(f"There is no account {clean(email)}.", returncode=UNKNOWN) from None


def _get_token(token_id: str) -> SecurityToken:
    try:
        return SecurityToken.objects.select_related("owner").get(token_id=token_id)
    except SecurityToken.DoesNotExist:
        raise CommandError(f"There is no token {clean(token_id)}.", returncode=UNKNOWN) from None
