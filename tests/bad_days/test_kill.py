"""kill -9 in the middle of 200 parallel changes, again and again: what was acknowledged is there, whole, with its entry."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bad_days.servers import Server
from tests.running import own_database

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
WHOAMI = "/solaruser/api/v1/sec/whoami"
ROUNDS = 10


def test_ten_killed_servers_lose_nothing_that_they_have_acknowledged(tmp_path):
    chance = random.Random(11)
    made: dict[str, str] = {}
    disabled: set[str] = set()
    cut = 0
    with own_database(tmp_path) as url:
        server = Server(tmp_path, url)
        try:
            for _ in range(ROUNDS):
                server.start()
                check(server, made, disabled)
                asked = change_much(server, sorted(made.keys() - disabled), chance.uniform(0.1, 0.9))
                made |= asked[0]
                disabled |= asked[1]
                cut += asked[2]
            server.start()
            check(server, made, disabled)
        finally:
            server.kill()
    # The kills came while there was something to lose, and after something had been done.
    assert cut > ROUNDS
    assert len(made) > ROUNDS
    assert disabled


def change_much(server: Server, known: list[str], seconds: float) -> tuple[dict[str, str], set[str], int]:
    """Ask for 200 changes at once, and kill the server after so many seconds.

    Returns the tokens that it acknowledged with their private passwords, those it acknowledged as disabled, and how many of the
    200 changes it did not acknowledge.
    """
    made: dict[str, str] = {}
    disabled: set[str] = set()

    def change(number: int) -> bool:
        if number % 2 and number // 2 < len(known):
            name = known[number // 2]
            reply = server.ask("POST", f"{TOKENS}/{name}?status=Disabled")
            if reply is not None and reply.status == 200:
                disabled.add(name)
                return True
            return False
        reply = server.ask("POST", f"{TOKENS}/generate/User")
        if reply is not None and reply.status == 200:
            made[reply.data["id"]] = reply.data["authSecret"]
            return True
        return False

    killer = threading.Timer(seconds, server.kill)
    killer.start()
    with ThreadPoolExecutor(16) as pool:
        acknowledged = sum(pool.map(change, range(200)))
    killer.join()
    return made, disabled, 200 - acknowledged


def check(server: Server, made: dict[str, str], disabled: set[str]) -> None:
    found = server.look()
    tokens, entries = found["tokens"], found["entries"]
    assert found["intact"] == "ok"
    # What was acknowledged is there,
    assert made.keys() <= tokens.keys()
    assert {name for name in disabled if tokens[name] != "Disabled"} == set()
    # every change has its entry, and every entry its change,
    assert sorted(entries["token.created"]) == sorted(tokens)
    assert sorted(entries.get("token.status", [])) == sorted(name for name, status in tokens.items() if status == "Disabled")
    # and every token has its one private password, which works as it was told.
    assert found["current"] == sorted(tokens)
    for name in sorted(made.keys() - disabled)[-5:]:
        reply = server.ask("GET", WHOAMI, token={"id": name, "secret": made[name]})
        # It may have been disabled by a request whose answer was lost.
        assert reply is not None
        assert reply.status == (403 if tokens[name] == "Disabled" else 200)
