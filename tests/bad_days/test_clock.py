"""The server's clock jumps by a day, and back: what is judged by time is refused while it is wrong, and nothing stays wrong."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from tests.api.conftest import program_of
from tests.factories import PASSWORD, issue
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, LastUse, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle.rotation import Grace, rotate
from tokens.services.signed_requests.use_log import use_log

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
WHOAMI = "/solaruser/api/v1/sec/whoami"
GENERATE = "/solaruser/api/v1/sec/user/auth-tokens/generate/User"
ACTOR = Actor(label="test")

pytestmark = pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day ahead", "a day behind"])


@pytest.fixture(autouse=True)
def server_clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def program(alice, server_clock):
    return program_of(issue(alice, type=TokenType.USER, now=NOW - timedelta(days=30)))


@pytest.fixture
def jumped(server_clock, jump):
    """Let the clock be wrong for as long as a function takes."""

    def during(act):
        server_clock.move_to(NOW + jump)
        try:
            return act()
        finally:
            server_clock.move_to(NOW)

    return during


def test_signatures_are_refused_while_it_is_wrong_and_taken_after(program, jumped):
    assert jumped(lambda: program.get(WHOAMI, now=NOW).status_code) == 403
    assert program.get(WHOAMI, now=NOW).status_code == 200


def test_a_use_at_the_wrong_time_does_not_hide_the_next_one(program, jumped, jump):
    jumped(lambda: (program.get(WHOAMI), use_log.flush()))
    assert program.get(WHOAMI).status_code == 200
    use_log.flush()
    assert LastUse.objects.get(token__token_id=program.token_id).at in {NOW, NOW + jump}


def test_a_replay_is_still_a_replay(program, jumped):
    assert program.post(GENERATE, now=NOW, meta={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200
    jumped(lambda: program.post(GENERATE, now=NOW, meta={"REMOTE_ADDR": "192.0.2.2"}))
    assert program.post(GENERATE, now=NOW, meta={"REMOTE_ADDR": "192.0.2.2"}).status_code == 409
    assert SecurityToken.objects.count() == 2


def test_an_expired_token_is_refused_for_as_long_as_it_is_expired(alice, jumped, jump):
    ends = Policy(not_after=int((NOW + timedelta(hours=12)).timestamp() * 1000))
    program = program_of(issue(alice, type=TokenType.USER, policy=ends, now=NOW))
    assert jumped(lambda: program.get(WHOAMI).status_code) == (403 if jump > timedelta(0) else 200)
    assert program.get(WHOAMI).status_code == 200


def test_a_rotation_loses_no_private_password_that_works(alice, jumped):
    issued = issue(alice, type=TokenType.USER, now=NOW)
    old = program_of(issued)
    assert old.get(WHOAMI).status_code == 200
    new = program_of(rotate(issued.token, Grace.HOUR, actor=ACTOR, now=NOW))
    jumped(lambda: (old.get(WHOAMI), new.get(WHOAMI)))
    assert [old.get(WHOAMI).status_code, new.get(WHOAMI).status_code] == [200, 200]
    assert TokenSecret.objects.filter(token=issued.token, ends_at=None).count() == 1


def test_a_private_password_is_shown_once_at_most(alice, jumped, jump):
    browser = Client()
    browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    page = browser.post("/tokens/new/user/", {"name": "New"})["Location"]
    during = jumped(lambda: browser.get(page))
    after = [browser.get(page) for _ in range(3)]
    shown = [response for response in (during, *after) if "snts_" in response.content.decode()]
    # A day ahead, the session that may see it is over, and has to rotate.
    assert len(shown) == (0 if jump > timedelta(0) else 1)


def test_a_limit_of_the_wrong_minute_is_no_limit_of_the_right_one(program, jumped, settings):
    settings.RATE_CHANGES = 1
    assert jumped(lambda: [program.post(GENERATE).status_code for _ in range(2)]) == [200, 429]
    assert program.post(GENERATE).status_code == 200


def test_each_change_has_its_entry_whenever_it_was(program, jumped):
    made = jumped(lambda: program.post(GENERATE).json()["data"]["id"])
    after = program.post(GENERATE).json()["data"]["id"]
    assert {entry.token_id for entry in AuditEvent.objects.filter(action="token.created")} == {program.token_id, made, after}


def test_what_was_made_at_the_wrong_time_is_listed(alice, alice_client, jumped):
    made = jumped(lambda: issue(alice, type=TokenType.USER, name="Made in between").token)
    for path in ("/tokens/", f"/tokens/{made.token_id}/", "/activity/", "/tokens/review/"):
        assert alice_client.get(path).status_code == 200
    assert "Made in between" in alice_client.get("/tokens/").content.decode()
