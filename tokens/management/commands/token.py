"""`manage.py token create|list|show|disable|enable|rotate|delete|import|export` (docs/commands.md)."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from tokens.checks import OWN
from tokens.domain.policies.table import TokenType
from tokens.management.exit_codes import NOT_FOUND, REJECTED, command_errors
from tokens.management.output import TABLE_COLUMNS, as_json, clean, pairs, table, token_json, token_lines, token_row
from tokens.management.policy_flags import add_policy_flags, parse_policy_flags
from tokens.models import SecurityToken
from tokens.services.audit import command_actor
from tokens.services.lifecycle import changes
from tokens.services.lifecycle.issuing import Draft, Issued, issue_token
from tokens.services.lifecycle.rotation import Grace, rotate

_TYPES = {"user": TokenType.USER, "data": TokenType.DATA}
_SHOWN_ONCE = "Heads up! The private password is shown this once. Store it now; if it gets lost, rotate the token."


class Command(BaseCommand):
    """Creates and manages tokens with the same services as the pages and the API."""

    help = "Create and manage security tokens."
    # Django's own import every view, which takes longer than the command.
    requires_system_checks = (OWN,)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-commands."""
        subparsers = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        create = subparsers.add_parser("create", help="create a token; its private password is printed once")
        create.add_argument("--owner", required=True, metavar="EMAIL", help="the account that the token acts for")
        create.add_argument("--type", required=True, choices=_TYPES)
        create.add_argument("--name", default="")
        create.add_argument("--description", default="")
        add_policy_flags(create)
        listing = subparsers.add_parser("list", help="list an account's tokens, newest first")
        listing.add_argument("--owner", required=True, metavar="EMAIL")
        listing.add_argument("--type", choices=_TYPES)
        listing.add_argument("--status", choices=SecurityToken.Status.values)
        actions = {
            "show": "show everything about a token except its secret",
            "disable": "deny the token's requests from now on",
            "enable": "allow the token's requests again",
            "rotate": "replace the private password; the new one is printed once",
            "delete": "delete the token for good",
        }
        parsers = {action: subparsers.add_parser(action, help=text) for action, text in actions.items()}
        for subparser in parsers.values():
            subparser.add_argument("token_id", metavar="TOKEN", help="the token identifier")
        periods = "how long the old private password works: " + "; ".join(f"{grace}: {grace.label}" for grace in Grace)
        parsers["rotate"].add_argument("--grace", type=str, choices=[str(grace) for grace in Grace], required=True, help=periods)
        parsers["delete"].add_argument("--yes", action="store_true", help="do not ask")
        self._add_moving(subparsers)
        for subparser in (create, listing, *parsers.values()):
            subparser.add_argument("--json", action="store_true", help="print JSON")

    def _add_moving(self, subparsers: Any) -> None:
        coming = subparsers.add_parser("import", help="store tokens of another system, a JSON object a line: all or none")
        coming.add_argument("file", metavar="FILE", help="lines of JSON, or what `export --secrets` wrote; - for standard input")
        coming.add_argument("--owner", metavar="EMAIL", help="the account that gets all of them, instead of each line's owner")
        coming.add_argument("--store", action="store_true", help="store them; without it only the report is printed")
        coming.add_argument("--json", action="store_true", help="print the report as a JSON object a line")
        going = subparsers.add_parser("export", help="print tokens, a JSON object a line, without private passwords")
        going.add_argument("--owner", metavar="EMAIL", help="only this account's")
        going.add_argument("--output", metavar="FILE", help="write a file instead; nothing is overwritten")
        going.add_argument(
            "--secrets", action="store_true", help="with private passwords, the file encrypted with a passphrase (age)"
        )
        for subparser in (coming, going):
            subparser.add_argument("--passphrase-file", metavar="FILE", help="holds the passphrase; without it, it is asked for")

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        """Run one action."""
        actions = {
            "create": self._create,
            "list": self._list,
            "show": self._show,
            "disable": self._set_status,
            "enable": self._set_status,
            "rotate": self._rotate,
            "delete": self._delete,
            "import": self._import,
            "export": self._export,
        }
        with command_errors():
            actions[action]({**options, "action": action})

    def _create(self, options: dict[str, Any]) -> None:
        draft = Draft(name=options["name"], description=options["description"], policy=parse_policy_flags(options))
        owner, token_type = _get_owner(options["owner"]), _TYPES[options["type"]]
        self._print_issued(
            issue_token(owner=owner, token_type=token_type, draft=draft, actor=command_actor(), now=timezone.now()), options
        )

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        tokens = SecurityToken.objects.owned_by(_get_owner(options["owner"])).select_related("owner", "stored_use")
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
        status = SecurityToken.Status.ACTIVE if options["action"] == "enable" else SecurityToken.Status.DISABLED
        changed = changes.set_status(token, status, actor=command_actor(), now=timezone.now())
        token.status = status
        now_or_already = "now" if changed else "already"
        self._write(f"Token {token.token_id} is {now_or_already} {status}.", token_json(token, timezone.now()), options)

    def _rotate(self, options: dict[str, Any]) -> None:
        token = _get_token(options["token_id"])
        self._print_issued(rotate(token, Grace(options["grace"]), actor=command_actor(), now=timezone.now()), options)

    def _delete(self, options: dict[str, Any]) -> None:
        token = _get_token(options["token_id"])
        if not options["yes"]:
            self._confirm(token)
        changes.delete_token(token, actor=command_actor(), now=timezone.now())
        self._write(f"Token {token.token_id} is deleted.", {"id": token.token_id, "deleted": True}, options)

    def _import(self, options: dict[str, Any]) -> None:
        # pyrage and rich take longer to import than the other actions take to run.
        from tokens.management.moving.importing import import_tokens

        import_tokens(self, options, _get_owner(options["owner"]) if options["owner"] else None)

    def _export(self, options: dict[str, Any]) -> None:
        from tokens.management.moving.exporting import export_tokens

        export_tokens(self, options, _get_owner(options["owner"]) if options["owner"] else None)

    def _confirm(self, token: SecurityToken) -> None:
        if not sys.stdin.isatty():
            raise CommandError(
                "Deleting cannot be undone. Confirm it with --yes, because there is no terminal to ask at.", returncode=REJECTED
            )
        question = f"Delete the token {token.token_id} ({clean(token.display_name)}) of {token.owner} for good? [y/N] "
        if input(question).strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was deleted.", returncode=REJECTED)

    def _print_issued(self, issued: Issued, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(as_json({**token_json(issued.token, timezone.now()), "authSecret": issued.value}))
            return
        for line in pairs({"Security Token": issued.token.token_id, "Private Password": issued.value}):
            self.stdout.write(line)
        # On standard error, so that standard output has only the two values.
        self.stderr.write(_SHOWN_ONCE)

    def _write(self, text: str, document: object, options: dict[str, Any]) -> None:
        self.stdout.write(as_json(document) if options["json"] else text)


def _get_owner(email: str) -> User:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise CommandError(f"There is no account {clean(email)}.", returncode=NOT_FOUND) from None


def _get_token(token_id: str) -> SecurityToken:
    try:
        return SecurityToken.objects.select_related("owner", "stored_use").get(token_id=token_id)
    except SecurityToken.DoesNotExist:
        raise CommandError(f"There is no token {clean(token_id)}.", returncode=NOT_FOUND) from None
