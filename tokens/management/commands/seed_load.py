"""`manage.py seed_load`: fill the database like that of a large installation, to measure pages and commands."""

import secrets
import time
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from tokens.management.load import DOMAIN, NAMED, Progress, fill, settle
from tokens.management.progress import progress_bar

_LEAST, _MOST = 1, 100_000_000


class Command(BaseCommand):
    """Fills a database once."""

    help = (
        "Fill a database with accounts of 10, 1,000 and 100,000 tokens and many more of 100, to measure with. "
        "Refused in production, and where there are accounts that it has not made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--tokens", type=int, default=1_000_000, help="How many tokens in all (default: 1,000,000).")
        parser.add_argument("--beside", action="store_true", help="Fill the database although others have accounts in it.")

    def handle(self, *_: Any, tokens: int, beside: bool, **__: Any) -> None:
        """Fill the database, tell how far it is, and print how to sign in."""
        self._check(tokens, beside=beside)
        password = secrets.token_urlsafe(9)
        started = time.monotonic()

        def report(progress: Progress) -> None:
            seconds = time.monotonic() - started
            show(progress.done)
            if not self.stdout.isatty() and (progress.done % 100_000 == 0 or progress.done == progress.total):
                self.stdout.write(f"{progress.done:,} of {progress.total:,} tokens, {seconds:.0f} s")

        with progress_bar(self.stderr, "Storing", tokens) as show:
            fill(tokens, password=password, now=timezone.now(), report=report)
        settle()
        self._print_accounts(password)

    def _check(self, tokens: int, *, beside: bool) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("This load is for measuring; it is not made in production.")
        if not _LEAST <= tokens <= _MOST:
            raise CommandError(f"Choose from {_LEAST} to {_MOST:,} tokens.")
        if User.objects.filter(email__endswith=DOMAIN).exists():
            raise CommandError("This database has been filled already. Use a new one (DATABASE_URL).")
        if not beside and User.objects.exists():
            raise CommandError("This database has accounts of others. Use a new one (DATABASE_URL), or add --beside.")

    def _print_accounts(self, password: str) -> None:
        for name, size in NAMED.items():
            user = User.objects.filter(email=f"{name}{DOMAIN}").first()
            if user is None:
                continue
            EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
            self.stdout.write(f"  {size:>7,} tokens: {user.email}")
        self.stdout.write(f"  Password: {password}")
