"""`manage.py reencrypt_secrets`: seal every secret with the newest key (docs/commands.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tokens.management.exit_codes import REFUSED, told_by_exit
from tokens.management.output import as_json, clean
from tokens.services import reencryption
from tokens.services.audit import command_actor


class Command(BaseCommand):
    """Re-encrypts all secrets; may be stopped and started again."""

    help = "Seal every private password with the newest key of the ring, so that the older keys can be taken out."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--batch", type=int, default=reencryption.BATCH_SIZE, metavar="N", help="secrets a transaction")
        parser.add_argument("--json", action="store_true", help="answer with JSON")

    def handle(self, *_: Any, batch: int, json: bool, verbosity: int, **__: Any) -> None:
        """Re-encrypt, tell the progress, and fail where a secret stays shut."""
        if batch < 1:
            raise CommandError("--batch is at least 1.", returncode=REFUSED)
        renewed = current = 0
        shut: list[str] = []
        with told_by_exit():
            for done in reencryption.reencrypt_all(actor=command_actor(), now=timezone.now(), batch_size=batch):
                renewed, current = renewed + done.renewed, current + done.current
                shut += done.shut
                if verbosity > 1:
                    self.stderr.write(f"{renewed + current + len(shut):,} secrets seen …")
        if json:
            self.stdout.write(as_json({"renewed": renewed, "current": current, "shut": shut}))
        else:
            self.stdout.write(f"{renewed:,} sealed with the newest key, {current:,} were already.")
        if shut:
            names = ", ".join(clean(token_id) for token_id in shut[:20]) + (" …" if len(shut) > 20 else "")
            message = f"{len(shut):,} could not be opened: their key is missing from PORTAL_TOKEN_KEYS. Tokens: {names}"
            raise CommandError(message, returncode=REFUSED)
