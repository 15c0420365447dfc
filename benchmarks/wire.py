"""What a first and a repeat visit to the list page cost over the wire, as requested by browsers with Brotli and a dictionary.

Run: `make bench`, or `python -m benchmarks.wire`. SPEC, "Speed": 60 KB for the first visit, 12 KB for a repeat one.
"""

import os
import re
import tempfile

_folder = tempfile.mkdtemp(prefix="bench-wire-")
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.wire_settings"
os.environ["BENCH_DIR"] = _folder

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from solarnet_portal.operations.dictionary import page_dictionary
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.services.audit import command_actor
from tokens.services.lifecycle.issuing import Draft, issue_token

_LINKED = re.compile(r'(?:src|href)="(/static/[^"#?]+)')


def main() -> None:
    """Collect the files, load the page as a signed-in owner with 50 tokens, and add up the bytes sent."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    from django.utils import timezone

    owner = User.objects.create_user("wire@example.org")
    for number in range(60):
        kind = TokenType.DATA if number % 2 else TokenType.USER
        draft = Draft(name=f"Token {number}", description="A token of the demonstration", policy=Policy(api_paths=("/datum/**",)))
        issue_token(owner=owner, token_type=kind, draft=draft, actor=command_actor(), now=timezone.now())
    client = Client(headers={"accept-encoding": "br, gzip"})
    client.force_login(owner)
    page = client.get("/tokens/")
    html = len(page.content)
    text = Client()
    text.force_login(owner)
    again = Client(headers={"accept-encoding": "br, gzip, dcz", "available-dictionary": page_dictionary().name})
    again.force_login(owner)
    repeat = len(again.get("/tokens/").content)
    paths = sorted(set(_LINKED.findall(text.get("/tokens/").content.decode())))
    rows = [("the page itself", html)]
    rows += [(path, _size(path)) for path in paths]
    for name, size in rows:
        print(f"{size:8,}  {name}")
    print(f"{sum(size for _, size in rows):8,}  first visit (61,440 at most)")
    print(f"{html:8,}  repeat visit with Brotli (12,288 at most): everything else is cached for good by its hash")
    print(f"{repeat:8,}  repeat visit with the dictionary")
    print(f"{len(client.get(page_dictionary().address).content):8,}  the dictionary, once, when nothing waits for it")


def _size(path: str) -> int:
    """Return the bytes of a file as served: Brotli if WhiteNoise made one."""
    file = settings.STATIC_ROOT / path.removeprefix(settings.STATIC_URL)
    compressed = file.with_name(file.name + ".br")
    return (compressed if compressed.exists() else file).stat().st_size


if __name__ == "__main__":
    main()
