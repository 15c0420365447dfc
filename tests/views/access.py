"""The access row of a view: who may open it, and how."""

from django.test import Client
from django.urls import reverse

from tests.factories import token as make_token


class AccessRow:
    """Inherit from it, name the route and the methods that it takes, and each promise is tested."""

    route: str
    methods: tuple[str, ...]
    owner_status: int = 200
    data: dict[str, str] = {}

    def address(self, token_id: str) -> str:
        return reverse(f"tokens:{self.route}", args=[token_id])

    def send(self, client: Client, token_id: str, method: str | None = None):
        return getattr(client, (method or self.methods[0]).lower())(self.address(token_id), self.data)

    def test_the_owner_gets_in(self, alice_client, alice):
        assert self.send(alice_client, make_token(alice).token_id).status_code == self.owner_status

    def test_an_anonymous_visitor_is_redirected_to_sign_in_and_returns(self, client, alice):
        url = self.address(make_token(alice).token_id)
        response = getattr(client, self.methods[0].lower())(url, self.data)
        assert response.status_code == 302
        assert response["Location"] == f"{reverse('account_login')}?next={url}"

    def test_a_stranger_gets_the_same_404_as_for_an_unknown_token(self, bob_client, alice):
        foreign, unknown = (self.send(bob_client, one) for one in (make_token(alice).token_id, "x" * 20))
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.content == unknown.content

    def test_another_method_is_not_allowed(self, alice_client, alice):
        token_id = make_token(alice).token_id
        others = {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(self.methods)
        assert {self.send(alice_client, token_id, method).status_code for method in others} == {405}
