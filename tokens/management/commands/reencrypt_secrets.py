"""`manage.py reencrypt_secrets`: re-encrypt every secret with the newest key (docs/commands.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.security.second_factors import reseal_all
from tokens.management.exit_codes import REJECTED, command_errors
from tokens.management.output import as_json, clean
from tokens.management.progress import progress_bar
from tokens.services import reencryption
from tokens.services.audit import command_actor


class Command(BaseCommand):
    """Re-encrypts all secrets. Can be interrupted and run again."""

    help = "Encrypt all private passwords and second factors with the newest key of the ring, so that older keys can be removed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--batch", dest="batch_size", type=int, default=reencryption.BATCH_SIZE, metavar="N", help="secrets in a transaction"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_: Any, batch_size: int, json: bool, verbosity: int, **__: Any) -> None:
        """Re-encrypt all secrets; fail if one could not be decrypted."""
        if batch_size < 1:
            raise CommandError("--batch must be at least 1.", returncode=REJECTED)
        renewed = current = 0
        failed: list[str] = []
        total = reencryption.count_secrets() if self.stderr.isatty() else 0
        with command_errors(), progress_bar(self.stderr, "Sealing", total) as show:
            for batch in reencryption.reencrypt_all(actor=command_actor(), now=timezone.now(), batch_size=batch_size):
                renewed, current = renewed + batch.renewed, current + batch.current
                failed += batch.failed
                show(renewed + current + len(failed))
                if verbosity > 1 and not self.stderr.isatty():
                    self.stderr.write(f"{renewed + current + len(failed):,} secrets done …")
            factors, shut_factors = reseal_all()
        self._print(renewed, current, failed, factors, shut_factors, json=json)

    def _print(self, renewed: int, current: int, failed: list[str], factors: int, shut_factors: int, *, json: bool) -> None:
        if json:
            sealed = {"factors": factors, "shut_factors": shut_factors} if factors or shut_factors else {}
            self.stdout.write(as_json({"renewed": renewed, "current": current, "shut": failed, **sealed}))
        else:
            self.stdout.write(f"{renewed:,} encrypted with the newest key, {current:,} were already.")
            if factors:
                self.stdout.write(f"{factors:,} second factors encrypted with the newest key.")
        if failed:
            names = ", ".join(clean(token_id) for token_id in failed[:20]) + (" …" if len(failed) > 20 else "")
            message = f"{len(failed):,} could not be decrypted: their key is missing from PORTAL_TOKEN_KEYS. Tokens: {names}"
            raise CommandError(message, returncode=REJECTED)
        if shut_factors:
            message = f"{shut_factors:,} second factors could not be decrypted: their key is missing from PORTAL_TOKEN_KEYS."
            raise CommandError(message, returncode=REJECTED)
