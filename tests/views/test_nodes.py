"""The account's nodes, and the tokens that reach them."""

import pytest

from tests.factories import NodeFactory
from tests.factories import token as make_token
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.services.lists.reach import NodeReach


@pytest.fixture
def tokens(alice):
    make_token(alice, name="everything")
    make_token(alice, name="roof", policy=Policy(node_ids=(101,), min_aggregation=Aggregation.HOUR, source_ids=("a", "b", "c")))
    make_token(alice, name="both", policy=Policy(node_ids=(101, 102)))
    make_token(alice, name="off", policy=Policy(node_ids=(101,)), disabled=True)
    make_token(alice, name="acts", type=TokenType.USER, policy=Policy(api_paths=("/instr/**",)))


def get(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.usefixtures("tokens")
class TestReach:
    def test_counts_the_active_tokens_by_how_they_reach_a_node(self, alice, noon):
        reach = NodeReach(alice, noon)
        assert reach.of(101) == (2, 1, 1)
        assert reach.of(102) == (1, 1, 1)

    def test_takes_two_queries(self, alice, noon, django_assert_num_queries):
        with django_assert_num_queries(2):
            NodeReach(alice, noon).of(101)


class TestNodes:
    @pytest.mark.usefixtures("tokens")
    def test_the_page_names_each_node_and_how_many_tokens_reach_it(self, alice_client):
        html = get(alice_client, "/nodes/")
        assert 'href="/nodes/101/">101</a>' in html
        assert "2 name it, 1 data token of every node, 1 user token" in html

    def test_an_account_without_nodes_is_told(self, client, carol):
        client.force_login(carol)
        assert "Your account has no nodes yet." in get(client, "/nodes/")

    def test_many_nodes_have_pages(self, alice_client, alice):
        for number in range(60):
            NodeFactory(owner=alice, node_id=1000 + number)
        assert 'href="?page=2"' in get(alice_client, "/nodes/")
        assert "1059" in get(alice_client, "/nodes/?page=2")

    @pytest.mark.parametrize("count", [0, 40])
    def test_the_page_takes_five_queries(self, alice_client, alice, count, django_assert_num_queries):
        for number in range(count):
            NodeFactory(owner=alice, node_id=1000 + number)
            make_token(alice)
        with django_assert_num_queries(5):
            get(alice_client, "/nodes/")


class TestNode:
    @pytest.mark.usefixtures("tokens")
    def test_shows_who_reaches_it_and_how_far(self, alice_client):
        html = get(alice_client, "/nodes/101/")
        assert "hourly or coarser data, 3 sources" in html
        assert "all data, raw data too, every source" in html
        assert "acts on your behalf, 1 API path" in html
        assert ">off<" not in html

    @pytest.mark.parametrize("path", ["/nodes/201/", "/nodes/999/", f"/nodes/{2**70}/"])
    def test_another_account_s_is_as_unknown_as_any(self, alice_client, bob, path):
        assert alice_client.get(path).status_code == 404

    def test_more_tokens_than_it_shows_are_in_the_list(self, alice_client, alice):
        for _ in range(51):
            make_token(alice)
        assert 'href="/tokens/?status=active&amp;node=101#data-tokens"' in get(alice_client, "/nodes/101/")

    @pytest.mark.parametrize("count", [1, 30])
    def test_takes_five_queries(self, alice_client, alice, count, django_assert_num_queries):
        for _ in range(count):
            make_token(alice)
        with django_assert_num_queries(5):
            get(alice_client, "/nodes/101/")


@pytest.mark.parametrize("path", ["/nodes/", "/nodes/101/"])
def test_a_visitor_is_asked_to_sign_in(client, alice, path):
    assert client.get(path)["Location"].startswith("/accounts/login/")
