# ruff: noqa: A002 -- the API says "type"
"""No token makes a stronger one, through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.api.conftest import BASE, in_an_hour
from tests.api.test_endpoints import data_of, problem_of
from tests.factories import token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, SecurityToken

EVERYTHING = (
    ("POST", "/generate/User", {}),
    ("POST", "/generate/ReadNodeData", {}),
    ("POST", "/info?tokenId={}", {"name": "x"}),
    ("DELETE", "?tokenId={}", None),
    ("DELETE", "/{}", None),
    ("PATCH", "/policy?tokenId={}", {"refreshAllowed": True}),
    ("PATCH", "/{}", {"refreshAllowed": True}),
    ("PUT", "/policy?tokenId={}", {}),
    ("PUT", "/{}", {}),
    ("POST", "/status?tokenId={}&status=Disabled", None),
    ("POST", "/{}?status=Disabled", None),
)
CHANGES = [change for change in EVERYTHING if "{}" in change[1]]


def policy_of(row):
    row.refresh_from_db()
    return row.policy


def state():
    return list(SecurityToken.objects.order_by("pk").values("token_id", "name", "status", "policy"))


class TestRestrictedByApiPaths:
    @pytest.fixture
    def restricted(self, make_program):
        return make_program(policy=Policy(api_paths=("/user/**", "!/nothing")))

    def test_sees_itself_alone(self, restricted, alice):
        token(alice)
        assert [item["id"] for item in data_of(restricted.get())] == [restricted.token_id]
        assert data_of(restricted.get(f"{BASE}/find"))["totalResults"] == 1

    @pytest.mark.parametrize(("method", "path", "body"), EVERYTHING)
    @pytest.mark.parametrize("target", ["itself", "another", "foreign", "unknown"])
    def test_changes_nothing_and_learns_nothing(self, method, path, body, target, restricted, alice, bob):
        identifier = {
            "itself": restricted.token_id,
            "another": token(alice).token_id,
            "foreign": token(bob).token_id,
            "unknown": "0" * 20,
        }[target]
        before = state()
        problem = problem_of(restricted.send(method, BASE + path.format(identifier), body), 403)
        assert (problem["code"], problem["rule"]) == ("NOT_PERMITTED", "apiPaths")
        assert state() == before
        assert AuditEvent.objects.filter(token_id=restricted.token_id, action="request.refused").exists()


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_no_token_changes_itself(method, path, body, program):
    before = state()
    problem = problem_of(program.send(method, BASE + path.format(program.token_id), body), 403)
    assert problem["rule"] == "self"
    assert state() == before


class TestWithAnExpiry:
    @pytest.fixture
    def ends(self):
        return in_an_hour()

    @pytest.fixture
    def expiring(self, make_program, ends):
        return make_program(policy=Policy(not_after=ends))

    @pytest.mark.parametrize("type", ["User", "ReadNodeData"])
    @pytest.mark.parametrize("later", [1, None])
    def test_makes_none_that_outlives_it(self, type, later, expiring, ends):
        body = {} if later is None else {"notAfter": ends + later}
        problem = problem_of(expiring.post(f"{BASE}/generate/{type}", body), 403)
        assert problem["rule"] == "notAfter"
        assert str(ends) in problem["message"]
        assert SecurityToken.objects.count() == 1

    def test_makes_one_that_ends_with_it(self, expiring, ends):
        assert data_of(expiring.post(f"{BASE}/generate/User", {"notAfter": ends}))["policy"] == {"notAfter": ends}

    def test_grants_refresh_only_if_it_has_it(self, expiring, make_program, ends, alice):
        body = {"notAfter": ends, "refreshAllowed": True}
        assert problem_of(expiring.post(f"{BASE}/generate/User", body), 403)["rule"] == "refreshAllowed"
        row = token(alice, policy=Policy(not_after=ends))
        assert (
            problem_of(expiring.send("PATCH", f"{BASE}/{row.token_id}", {"refreshAllowed": True}), 403)["rule"]
            == "refreshAllowed"
        )
        refreshing = make_program(policy=Policy(not_after=ends, refresh_allowed=True))
        data_of(refreshing.post(f"{BASE}/generate/User", body))
        data_of(refreshing.send("PATCH", f"{BASE}/{row.token_id}", {"refreshAllowed": True}))

    @pytest.mark.parametrize(
        ("method", "before", "body"),
        [
            ("PUT", Policy(source_ids=("/a",)), {}),
            ("PATCH", Policy(source_ids=("/a",)), {"sourceIds": ["/b"]}),
            ("PUT", Policy(node_ids=(101,)), {"nodeIds": [102]}),
            ("PUT", Policy(api_paths=("!/datum/**",)), {"apiPaths": ["/user/**"]}),
            ("PUT", Policy(api_paths=("/datum/**", "!/datum/x")), {"apiPaths": ["!/datum/x"]}),
            ("PATCH", Policy(), {"refreshAllowed": True}),
            ("PATCH", Policy(min_aggregation="Day"), {"minAggregation": "Hour"}),
        ],
    )
    def test_widens_none_that_outlives_it(self, method, before, body, expiring, alice):
        row = token(alice, policy=before)
        assert problem_of(expiring.send(method, f"{BASE}/{row.token_id}", body), 403)["rule"] == "notAfter"
        row.refresh_from_db()
        assert row.read_policy() == before

    def test_extends_none_beyond_its_own_end(self, expiring, alice, ends):
        row = token(alice, policy=Policy(not_after=ends + 5))
        assert problem_of(expiring.send("PATCH", f"{BASE}/{row.token_id}", {"notAfter": ends + 10}), 403)["rule"] == "notAfter"
        data_of(expiring.send("PATCH", f"{BASE}/{row.token_id}", {"notAfter": ends + 1}))

    def test_gives_an_end_to_one_that_has_none(self, expiring, alice, ends):
        row = token(alice, policy=Policy(source_ids=("/a",)))
        data_of(expiring.send("PATCH", f"{BASE}/{row.token_id}", {"notAfter": ends + 10}))
        assert policy_of(row) == {"sourceIds": ["/a"], "notAfter": ends + 10}

    @pytest.mark.parametrize(
        ("before", "body"),
        [
            (Policy(), {"nodeIds": [101]}),
            (Policy(source_ids=("/a", "/b")), {"sourceIds": ["/a"]}),
            (Policy(api_paths=("/datum/**",)), {"apiPaths": ["/datum/**", "!/datum/x"]}),
            (Policy(api_paths=("!/datum/x",)), {"apiPaths": ["/datum/**", "!/datum/x"]}),
            (Policy(refresh_allowed=True), {}),
            (Policy(refresh_allowed=True), {"refreshAllowed": True, "minAggregation": "Day"}),
        ],
    )
    def test_narrows_one_that_outlives_it(self, before, body, expiring, alice):
        row = token(alice, policy=before)
        data_of(expiring.send("PUT", f"{BASE}/{row.token_id}", body))
        assert policy_of(row) == body

    def test_changes_what_ends_with_it_freely(self, expiring, alice, ends):
        row = token(alice, policy=Policy(not_after=ends - 1000, source_ids=("/a",)))
        data_of(expiring.send("PUT", f"{BASE}/{row.token_id}", {"notAfter": ends}))
        assert problem_of(expiring.send("PUT", f"{BASE}/{row.token_id}", {"notAfter": ends + 1}), 403)["rule"] == "notAfter"
        assert policy_of(row) == {"notAfter": ends}

    def test_enables_none_that_outlives_it(self, expiring, alice, ends):
        lasting = token(alice, disabled=True)
        expiring_too = token(alice, disabled=True, policy=Policy(not_after=ends))
        assert problem_of(expiring.post(f"{BASE}/{lasting.token_id}?status=Active"), 403)["rule"] == "notAfter"
        data_of(expiring.post(f"{BASE}/{expiring_too.token_id}?status=Active"))

    def test_describes_disables_and_deletes_any(self, expiring, alice):
        lasting = token(alice)
        data_of(expiring.post(f"{BASE}/info?tokenId={lasting.token_id}", {"name": "x"}))
        data_of(expiring.post(f"{BASE}/{lasting.token_id}?status=Active"))
        data_of(expiring.post(f"{BASE}/{lasting.token_id}?status=Disabled"))
        lasting.refresh_from_db()
        assert (lasting.name, lasting.status) == ("x", "Disabled")
        data_of(expiring.send("DELETE", f"{BASE}/{lasting.token_id}"))
        assert not SecurityToken.objects.filter(pk=lasting.pk).exists()

    def test_an_unreadable_policy_is_replaced_within_its_bounds_alone(self, expiring, alice, ends):
        row = token(alice, type=TokenType.USER)
        SecurityToken.objects.filter(pk=row.pk).update(policy={"x": 1})
        assert problem_of(expiring.send("PUT", f"{BASE}/{row.token_id}", {}), 403)["rule"] == "notAfter"
        data_of(expiring.send("PUT", f"{BASE}/{row.token_id}", {"notAfter": ends}))
        assert policy_of(row) == {"notAfter": ends}


def test_an_unrestricted_token_grants_anything(program):
    ends = int((timezone.now() + timedelta(days=900)).timestamp() * 1000)
    body = {"notAfter": ends, "refreshAllowed": True}
    assert data_of(program.post(f"{BASE}/generate/User", body))["policy"] == body
