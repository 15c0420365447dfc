"""docs/clients.md says what each client can do, and each cell of it is tried."""

import json

import pytest

from tests.clients.signers import SIGNERS
from tests.docs.markdown import headings, in_backticks, tables
from tests.running import ROOT

PAGE = "docs/clients.md"
WORKS, NONE = "yes", "–"
PACKAGE = json.loads((ROOT / "tests" / "js" / "package.json").read_text(encoding="utf-8"))
ROWS = [(row.pop("call"), row) for heading in headings(PAGE) for one in tables(PAGE, heading) if "call" in one[0] for row in one]
CELLS = [(in_backticks(client)[0], call) for call, row in ROWS for client, cell in row.items() if cell == WORKS]


def calls_of(client):
    return [call for one, call in CELLS if one == client]


def outcomes_of(client, request):
    if client in SIGNERS:
        return request.getfixturevalue("outcomes")(client)
    return request.getfixturevalue("published").outcomes[client]


@pytest.mark.slow
@pytest.mark.parametrize(("client", "call"), CELLS)
def test_a_call_works_as_documented(client, call, request):
    assert outcomes_of(client, request)[call] == ""


@pytest.mark.slow
@pytest.mark.parametrize("client", sorted({client for client, _ in CELLS}))
def test_every_call_of_a_client_is_documented(client, request):
    assert list(outcomes_of(client, request)) == calls_of(client)


@pytest.mark.slow
def test_no_address_that_the_client_can_build_is_left_out(published):
    assert published.never_called == []


def test_no_cell_says_anything_but_yes_and_that_there_is_no_such_call():
    assert {cell for _, row in ROWS for cell in row.values()} == {WORKS, NONE}


def test_the_versions_are_those_that_are_tried():
    documented = {tuple(in_backticks(client)[0:1] + client.split()[1:]) for _, row in ROWS for client in row}
    assert {one for one in documented if one[0] in PACKAGE["dependencies"]} == set(PACKAGE["dependencies"].items())


def test_the_lock_names_no_registry():
    assert "://" not in (ROOT / "tests" / "js" / "package-lock.json").read_text(encoding="utf-8")
