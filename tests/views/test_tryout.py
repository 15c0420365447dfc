"""What can this token do?"""

from datetime import date

import pytest

from tests.factories import token
from tokens.domain.policies.aggregation import SHORT_KEYS, Aggregation
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.models import SecurityToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def tried(alice) -> SecurityToken:
    """A token of alice's with every kind of restriction."""
    policy = Policy(
        api_paths=("/datum/**", "/nodes/meta", "!/datum/stream/**"),
        node_ids=(101,),
        source_ids=("/inverter/*",),
        min_aggregation=Aggregation.HOUR,
        node_metadata_paths=("/m/location/**",),
    )
    return token(alice, policy=policy)


def send(client, tried, **parts) -> str:
    response = client.get(f"/tokens/{tried.token_id}/try/", parts)
    assert response.status_code == 200
    return response.content.decode()


class TestAccess:
    def test_an_anonymous_visitor_signs_in_first(self, client, tried):
        assert client.get(f"/tokens/{tried.token_id}/try/").status_code == 302

    def test_a_stranger_gets_404(self, bob_client, tried):
        assert bob_client.get(f"/tokens/{tried.token_id}/try/").status_code == 404

    def test_other_methods_are_not_allowed(self, alice_client, tried):
        assert alice_client.post(f"/tokens/{tried.token_id}/try/").status_code == 405


class TestTheVerdict:
    @pytest.mark.parametrize(
        ("parts", "verdict", "why"),
        [
            ({"path": "/datum/list", "node": "101"}, "Allowed", "/datum/**"),
            ({"path": "/datum/stream/datum"}, "Denied", "!/datum/stream/**"),
            ({"path": "/users/meta"}, "Denied", "No entry of API Paths"),
            ({"path": "/datum/list", "node": "102"}, "Denied", "102"),
            ({"path": "/datum/list", "source": "/meter/1"}, "Denied", "/meter/1"),
            ({"path": "/datum/list", "source": "/inverter/1"}, "Allowed", "/inverter/*"),
            ({"path": "/datum/list", "aggregation": "FiveMinute"}, "Allowed", "raised to Hour"),
            ({"path": "/datum/list", "method": "POST"}, "Denied", "only reads"),
            ({"metadata": "/m/location/lat"}, "Allowed", "/m/location/**"),
            ({"metadata": "/m/owner"}, "Denied", "No entry of Node Metadata"),
            ({"metadata": "/x"}, "Denied", "starts with /m or /pm"),
        ],
    )
    def test_it_names_what_decided(self, alice_client, tried, parts, verdict, why):
        page = send(alice_client, tried, **parts)
        assert f"{verdict}:" in page
        assert why in page

    def test_whoami_is_allowed_whatever_the_api_paths(self, alice_client, tried):
        page = send(alice_client, tried, path="/whoami")
        assert "Allowed:" in page
        assert "GET /solaruser/api/v1/sec/whoami" in page
        assert "whatever its API Paths" in page

    @pytest.mark.parametrize(("key", "aggregation"), SHORT_KEYS.items())
    def test_an_aggregation_may_be_a_short_key(self, alice, alice_client, key, aggregation):
        unrestricted = token(alice)
        by_key = send(alice_client, unrestricted, path="/datum/list", aggregation=key)
        assert by_key == send(alice_client, unrestricted, path="/datum/list", aggregation=aggregation.value)
        assert f'<option value="{aggregation.value}" selected>' in by_key

    @pytest.mark.parametrize("key", ["hod", "dow", "1m", "H"])
    def test_no_other_key_is_an_aggregation(self, alice_client, tried, key):
        response = alice_client.get(f"/tokens/{tried.token_id}/try/", {"path": "/datum/list", "aggregation": key})
        assert "Allowed:" not in response.content.decode()

    def test_in_place_the_result_comes_alone(self, alice_client, tried):
        url = f"/tokens/{tried.token_id}/try/"
        part = alice_client.get(url, {"path": "/users/meta"}, headers={"HX-Request": "true"}).content.decode()
        assert "Denied:" in part
        assert "<form" not in part

    def test_in_place_an_invalid_value_is_reported(self, alice_client, tried):
        response = alice_client.get(f"/tokens/{tried.token_id}/try/", {"path": "x" * 5000}, headers={"HX-Request": "true"})
        assert response.status_code == 422
        assert "Path: Ensure this value has at most 2048 characters" in response.content.decode()

    def test_a_disabled_token_may_nothing(self, alice, alice_client):
        disabled = token(alice, disabled=True)
        assert "This token is disabled" in send(alice_client, disabled, path="/datum/list")

    def test_an_expired_token_may_nothing(self, alice, alice_client, time_machine):
        time_machine.move_to("2026-01-01T12:00:00Z")
        expired = token(alice, policy=Policy(not_after=last_instant_of(date(2026, 1, 1))))
        time_machine.move_to("2026-01-02T00:00:00Z")
        alice_client.force_login(alice)
        assert "expired" in send(alice_client, expired, path="/datum/list")

    def test_a_policy_that_cannot_be_read_allows_nothing(self, alice_client, tried):
        SecurityToken.objects.update(policy={"nodeIds": "x"})
        assert "cannot be read" in send(alice_client, tried, path="/datum/list")

    def test_an_empty_form_gets_no_verdict(self, alice_client, tried):
        page = send(alice_client, tried)
        assert "Allowed:" not in page
        assert "Denied:" not in page

    @pytest.mark.parametrize("text", ["\x00", "x" * 5000, "/%zz", "/../..", "?", "<script>"])
    @pytest.mark.parametrize("part", ["path", "node", "source", "aggregation", "metadata", "method"])
    def test_invalid_values_are_reported(self, alice_client, tried, part, text):
        response = alice_client.get(f"/tokens/{tried.token_id}/try/", {part: text})
        assert response.status_code in {200, 422}
        assert "<script>" not in response.content.decode()
