"""The files in which a new token is saved."""

import csv
import io
import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokens.models import SecurityToken
from tokens.presentation.secret_files import make_csv, make_env, make_json, secret_files

SECRET = "snts_" + "a1B" * 12 + "zz"
# What a database stores: no surrogates, and no NUL for PostgreSQL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
identifiers = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


def token(token_id="Abcdefghij0123456789", **fields) -> SecurityToken:
    return SecurityToken(token_id=token_id, type="ReadNodeData", **fields)


def read_env(content: bytes) -> list[str]:
    """Return what a shell makes of the file."""
    script = b"set -e\n" + content + b'printf "%s\\0%s" "$SNWS2_TOKEN" "$SNWS2_SECRET"'
    return subprocess.run(["sh"], input=script, capture_output=True, check=True).stdout.decode().split("\0")


def test_the_files_are_named_for_their_kind():
    assert [(file.label, file.name) for file in secret_files(token("x"), SECRET)] == [
        ("CSV", "solarnetwork-token-x.csv"),
        (".env", "solarnetwork-token-x.env"),
        ("JSON", "solarnetwork-token-x.json"),
    ]


def test_the_environment_needs_no_quotes_for_a_token_of_the_portal():
    assert make_env(token(name="Roof"), SECRET).decode().splitlines() == [
        "# Roof",
        "SNWS2_TOKEN=Abcdefghij0123456789",
        f"SNWS2_SECRET={SECRET}",
    ]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(token_id=identifiers, name=texts)
def test_a_shell_reads_the_environment_as_it_was(token_id, name):
    assert read_env(make_env(token(token_id, name=name), SECRET)) == [token_id, SECRET]


@given(name=texts, description=texts)
def test_the_json_reads_back(name, description):
    document = json.loads(make_json(token(name=name, description=description, policy={"nodeIds": [101]}), SECRET))
    assert document == {
        "id": "Abcdefghij0123456789",
        "authSecret": SECRET,
        "type": "ReadNodeData",
        "name": name,
        "description": description,
        "policy": {"nodeIds": [101]},
    }


@given(name=texts, description=texts)
def test_no_cell_of_the_csv_is_a_formula(name, description):
    rows = list(csv.reader(io.StringIO(make_csv(token(name=name, description=description), SECRET).decode(), newline="")))
    assert len(rows) == 2
    assert not [cell for cell in rows[1] if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
