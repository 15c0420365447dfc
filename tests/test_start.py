"""What is imported when: commands wait for nothing that they do not need, and no request for what gunicorn could have loaded."""

import os
import re
import subprocess
import sys
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from tests.factories import token
from tokens.views.lists import warming
from tokens.views.lists.warming import ask_once, draw_once

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


def last_lines(program: str, count: int, **environment: str) -> list[str]:
    command, env = [sys.executable, "-W", "ignore", "-c", program], os.environ | environment
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()[-count:]


@pytest.mark.parametrize("arguments", [["token", "--help"], ["token", "list", "--help"], ["token", "list", "--owner", "nobody"]])
def test_the_token_command_imports_no_view(arguments):
    assert last_lines(_COMMAND.format(arguments=arguments, names=_VIEWS), 1) == ["[]"]


def test_what_a_server_draws_before_its_first_request_needs_no_database():
    drawn = draw_once()
    assert "<h1>Security Tokens</h1>" in drawn
    assert "1 source" in drawn
    assert "2 hours ago" in drawn


class TestWhatAProcessAsksBeforeItsFirstRequest:
    @pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL is asked")
    @pytest.mark.django_db(transaction=True)
    def test_is_of_all_tables_that_a_list_reads(self, alice_client, alice):
        token(alice)
        with CaptureQueriesContext(connection) as listed:
            alice_client.get("/tokens/")
        with CaptureQueriesContext(connection) as asked:
            ask_once()
        assert {"tokens_securitytoken"} <= _tables(listed) <= _tables(asked)

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL is asked")
    @pytest.mark.django_db
    def test_is_nothing_of_sqlite(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            ask_once()

    @pytest.mark.django_db
    def test_may_fail(self, monkeypatch):
        database = Mock(vendor="postgresql")
        monkeypatch.setattr(warming, "connection", database)
        monkeypatch.setattr(warming, "find_tokens", Mock(side_effect=OperationalError))
        ask_once()
        database.close.assert_called_once_with()


def _tables(queries: CaptureQueriesContext) -> set[str]:
    return {name for query in queries for name in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}


def test_a_server_has_loaded_every_template_and_view_before_its_first_request():
    assert last_lines(_SERVER, 2) == ["[]", "[]"]
