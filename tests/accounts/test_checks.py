"""The check that `migrate` runs before it touches a database."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

from accounts.checks import check_accounts_table


@pytest.mark.django_db
def test_a_current_database_passes():
    assert check_accounts_table(None, databases=["default"]) == []


@pytest.mark.parametrize(
    ("tables", "ids"),
    [
        (["tokens_user", "tokens_node"], ["accounts.E001"]),
        (["tokens_user", "accounts_user"], []),
        ([], []),
    ],
)
def test_only_one_from_before_the_accounts_app_is_refused(monkeypatch, tables, ids):
    monkeypatch.setattr(connection.introspection, "table_names", lambda: tables)
    found = run_checks(tags=[Tags.database], databases=["default"])
    assert [message.id for message in found if message.id.startswith("accounts.")] == ids
