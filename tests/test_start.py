"""What is imported when: commands wait for nothing that they do not need, and no request for what gunicorn could have loaded."""

import subprocess
import sys

import pytest

from tokens.views.lists.warming import draw_once

pytestmark = pytest.mark.slow
_VIEWS = ("ninja", "pydantic", "tokens.views", "tokens.api", "allauth.account.views", "solarnet_portal.urls")
_COMMAND = """
import sys
sys.argv = ["manage.py", *{arguments!r}]
from solarnet_portal.cli import main
try:
    main()
except SystemExit:
    pass
print([name for name in {names!r} if name in sys.modules])
"""
_SERVER = """
import solarnet_portal.wsgi
import sys
from pathlib import Path
from django.template import engines
from solarnet_portal import paths
templates = paths.FILES / "templates"
names = {str(file.relative_to(templates)) for file in templates.rglob("*.html")}
loader = engines["django"].engine.template_loaders[0]
print(sorted(name for name in names if name not in loader.get_template_cache))
print([name for name in ("tokens.views.lists.listing", "tokens.api.endpoints", "tokens.gateway") if name not in sys.modules])
"""


def last_lines(program: str, count: int) -> list[str]:
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    return result.stdout.splitlines()[-count:]


@pytest.mark.parametrize("arguments", [["token", "--help"], ["token", "list", "--help"], ["token", "list", "--owner", "nobody"]])
def test_the_token_command_imports_no_view(arguments):
    assert last_lines(_COMMAND.format(arguments=arguments, names=_VIEWS), 1) == ["[]"]


def test_what_a_server_draws_before_its_first_request_needs_no_database():
    drawn = draw_once()
    assert "<h1>Security Tokens</h1>" in drawn
    assert "1 source" in drawn
    assert "2 hours ago" in drawn


def test_a_server_has_loaded_every_template_and_view_before_its_first_request():
    assert last_lines(_SERVER, 2) == ["[]", "[]"]
