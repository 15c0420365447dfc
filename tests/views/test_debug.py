"""The signature debugger's page: what it answers, what it never shows, and that it keeps nothing."""

import logging
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from hmac import digest
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.factories import issue
from tests.factories import token as make_token
from tests.views.access import AccessRow
from tokens.domain.policies.policy import Policy
from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421 import signer as rfc9421_signer
from tokens.domain.signing.rfc9421.keys import sign_base
from tokens.domain.signing.rfc9421.keys import signing_key as message_key
from tokens.domain.signing.rfc9421.signer import Signer
from tokens.domain.signing.rfc9421.verification import read_request as read_message
from tokens.domain.signing.snws2.keys import sign_string, signing_key
from tokens.domain.signing.snws2.signer import sign
from tokens.domain.signing.snws2.verification import read_request
from tokens.forms.debug import MAX_PASTED
from tokens.models import AuditEvent, TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle import rotation

pytestmark = pytest.mark.django_db

HOST = "data.example.org"
PATH = "/solarquery/api/v1/sec/datum/list"
QUERY = "nodeId=101&sourceId=%2FRoof%20East"


def url(token) -> str:
    return f"/tokens/{token.token_id}/debug/"


def signed(token_id, secret, *, at=None, query=QUERY, key=None, more=()) -> SignedRequest:
    """Return a request as the project's own signer signs it."""
    at = at or timezone.now()
    request = SignedRequest("GET", PATH, query, (("host", HOST), *more), hosts=(HOST,))
    return sign(request, token_id=token_id, now=at, **({"key": key} if key else {"secret": secret}))


def fields(request: SignedRequest, **more: str) -> dict[str, str]:
    """Return the form's fields for a request."""
    headers = "\n".join(f"{name}: {value}" for name, value in request.headers)
    return {"method": request.method, "address": f"https://{HOST}{request.path}?{request.query}", "headers": headers, **more}


def missigned(issued, change) -> SignedRequest:
    """Return a request whose signature was made of another canonical request."""
    request = signed(issued.token.token_id, issued.value)
    claim = read_request(request)
    wrong = change(claim.canonical)
    lines = claim.string_to_sign.split("\n")[:2]
    string = "\n".join([*lines, sha256(wrong.encode()).hexdigest()])
    signature = sign_string(signing_key(issued.value, claim.date.date()), string)
    value = request.headers[-1][1].rpartition("=")[0] + f"={signature}"
    return SignedRequest(
        request.method, request.path, request.query, (*request.headers[:-1], ("authorization", value)), hosts=(HOST,)
    )


def send(client, token, data, *, status=200, **headers) -> str:
    response = client.post(url(token), data, **headers)
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def issued(alice):
    return issue(alice, name="Roof")


class TestAccess(AccessRow):
    route = "debug"
    methods = ("GET", "POST")

    def test_a_stranger_may_not_ask_either(self, bob_client, issued):
        assert bob_client.post(url(issued.token), {}).status_code == 404

    def test_in_place_an_ended_session_leaves_what_was_pasted_in_the_form(self, client, issued):
        assert client.post(url(issued.token), {}, headers={"HX-Request": "true"}).status_code == 401


class TestTheAnswer:
    def test_a_good_request_is_allowed(self, alice_client, issued):
        page = send(alice_client, issued.token, fields(signed(issued.token.token_id, issued.value)))
        assert "Allowed" in page
        assert "The signature is valid, with the signing key of" in page

    def test_a_policy_s_refusal_names_what_decided_and_leads_to_its_field(self, alice, alice_client):
        issued = issue(alice, policy=Policy(node_ids=(102,)))
        page = send(alice_client, issued.token, fields(signed(issued.token.token_id, issued.value)))
        assert "Refused (403): Node IDs" in page
        assert f'href="/tokens/{issued.token.token_id}/edit/#id_node_ids"' in page

    def test_a_wrong_text_is_found_out_marked_and_named(self, alice_client, issued):
        page = send(alice_client, issued.token, fields(missigned(issued, lambda text: text.replace("%20", "+"))))
        assert "Refused (401): Signature" in page
        assert "A space is written as “+”" in page
        assert "First difference:" in page
        assert "the portal has “%20”, the client “+”" in page

    def test_what_the_client_says_it_signed_is_laid_beside(self, alice_client, issued):
        request = missigned(issued, lambda text: text.replace("nodeId=101", "nodeId=7"))
        theirs = read_request(request).canonical.replace("nodeId=101", "nodeId=7")
        page = send(alice_client, issued.token, fields(request, signed=theirs))
        assert "The key is right" in page
        assert "the portal has “1”, the client “7”" in page

    def test_a_key_of_the_wrong_day_is_named(self, alice_client, issued):
        old = timezone.now() - timedelta(days=9)
        request = signed(issued.token.token_id, "", key=signing_key(issued.value, old.date()))
        assert "Key of the wrong day:" in send(alice_client, issued.token, fields(request))

    def test_a_rotated_private_password_is_named(self, alice_client, issued):
        now = timezone.now()
        rotation.rotate(issued.token, rotation.Grace.HOUR, actor=Actor(label="x"), now=now)
        TokenSecret.objects.filter(token=issued.token).exclude(ends_at=None).update(ends_at=now - timedelta(minutes=1))
        page = send(alice_client, issued.token, fields(signed(issued.token.token_id, issued.value)))
        assert "Old private password:" in page

    def test_a_request_without_a_signature_is_said_to_be(self, alice_client, issued):
        data = {"address": f"https://{HOST}{PATH}", "headers": "Accept: */*"}
        assert "neither an Authorization nor a Signature-Input" in send(alice_client, issued.token, data)

    def test_the_portal_s_own_host_is_a_suspect(self, alice_client, issued):
        request = missigned(issued, lambda text: text.replace(HOST, "portal.example.org:8000"))
        page = send(alice_client, issued.token, fields(request), headers={"host": "portal.example.org:8000"})
        assert "“portal.example.org:8000” was signed" in page

    def test_in_place_the_answer_comes_with_the_form_alone(self, alice_client, issued):
        data = fields(signed(issued.token.token_id, issued.value))
        part = send(alice_client, issued.token, data, headers={"HX-Request": "true"})
        assert "Allowed" in part
        assert "<html" not in part

    def test_a_secret_that_does_not_open_is_left_out(self, alice_client, issued):
        TokenSecret.objects.update(sealed=b"\x01" + bytes(60))
        page = send(alice_client, issued.token, fields(signed(issued.token.token_id, issued.value)))
        assert "Refused (401): Signature" in page


class TestMessageSignatures:
    def test_a_wrong_base_is_found_out_and_laid_beside(self, alice_client, issued):
        request = SignedRequest("GET", PATH, QUERY, (("host", HOST),), hosts=(HOST,), scheme="https")
        now = timezone.now()
        right = rfc9421_signer.sign(request, Signer.of_day(issued.token.token_id, issued.value, now.date()), now=now)
        base = read_message(right).canonical.replace("?", "")
        wrong = sign_base(message_key(issued.value, now.date()), base)
        page = send(
            alice_client, issued.token, fields(replace(right, headers=(*right.headers[:-1], ("signature", f"sn={wrong}"))))
        )
        assert "without its “?”" in page
        assert "@signature-params" in page
        assert dict(right.headers)["signature"] not in page

    def test_a_good_one_is_allowed(self, alice_client, issued):
        request = SignedRequest("GET", PATH, QUERY, (("host", HOST),), hosts=(HOST,), scheme="https")
        signer = Signer.of_secret(issued.token.token_id, issued.value)
        page = send(alice_client, issued.token, fields(rfc9421_signer.sign(request, signer, now=timezone.now())))
        assert "Allowed" in page


class TestTheClock:
    def test_an_old_request_is_judged_to_the_end(self, alice, alice_client):
        issued = issue(alice, policy=Policy(node_ids=(102,)))
        request = signed(issued.token.token_id, issued.value, at=timezone.now() - timedelta(hours=3, minutes=20))
        page = send(alice_client, issued.token, fields(request))
        assert "this is only its age" in page
        assert "Node IDs" in page

    def test_the_answer_s_date_is_the_clock_if_it_was_pasted(self, alice_client, issued):
        at = timezone.now() - timedelta(days=1)
        data = fields(signed(issued.token.token_id, issued.value, at=at))
        data["headers"] += f"\nHTTP/1.1 401 Unauthorized\nDate: {format_http_date(at)}"
        assert "Allowed" in send(alice_client, issued.token, data)

    def test_local_time_is_named(self, alice_client, issued):
        request = signed(issued.token.token_id, issued.value, at=timezone.now() + timedelta(hours=13))
        assert "local time was written as GMT" in send(alice_client, issued.token, fields(request))


class TestAnotherToken:
    def test_nothing_tells_whether_it_exists(self, alice_client, bob, issued):
        foreign = issue(bob)
        pages, now = [], timezone.now()
        for token_id in (foreign.token.token_id, "Zx81aB3dE5fG7hJ9kL0m"):
            data = fields(signed(token_id, foreign.value, at=now))
            page = send(
                alice_client,
                issued.token,
                {**data, "headers": data["headers"].rpartition("Signature=")[0] + "Signature=" + "0" * 64},
            )
            pages.append(page.replace(token_id, "ID").partition('name="csrfmiddlewaretoken"')[0])
            assert "The token that the request names is not this token." in page
        assert pages[0] == pages[1]

    def test_an_own_token_is_no_exception(self, alice, alice_client, issued):
        other = issue(alice)
        page = send(alice_client, issued.token, fields(signed(other.token.token_id, other.value)))
        assert "is not this token." in page

    def test_a_mixed_up_identifier_is_told_from_the_password(self, alice_client, issued):
        page = send(alice_client, issued.token, fields(signed("Zx81aB3dE5fG7hJ9kL0m", issued.value)))
        assert "The request names another token." in page
        assert "The signature itself is right (the current private password" in page

    def test_nothing_is_said_of_a_signature_that_another_token_made(self, alice_client, issued):
        page = send(alice_client, issued.token, fields(signed("Zx81aB3dE5fG7hJ9kL0m", "snts_other")))
        assert "The request names another token." in page
        assert "No mistake that was tried" not in page


class TestSecrets:
    def test_the_right_signature_is_not_shown(self, alice_client, issued):
        right = signed(issued.token.token_id, issued.value)
        wrong = missigned(issued, lambda text: f"{text}\n")
        page = send(alice_client, issued.token, fields(wrong))
        claim = read_request(wrong)
        key = signing_key(issued.value, claim.date.date())
        assert "Refused (401)" in page
        assert right.path in page
        for secret in (
            issued.value,
            issued.value[5:],
            key.hex(),
            b64encode(key).decode(),
            sign_string(key, claim.string_to_sign),
        ):
            assert secret not in page

    @pytest.mark.parametrize("field", ["method", "address", "headers", "body", "signed"])
    @pytest.mark.parametrize("in_place", [False, True])
    def test_a_pasted_private_password_is_removed_and_to_be_rotated(self, alice_client, issued, field, in_place):
        data = fields(signed(issued.token.token_id, issued.value))
        data[field] = f"{data.get(field, '')} {issued.value}"
        headers = {"HX-Request": "true"} if in_place else {}
        page = send(alice_client, issued.token, data, status=422, headers=headers)
        assert issued.value[5:] not in page
        assert "A private password was pasted" in page
        assert f'href="/tokens/{issued.token.token_id}/rotate/"' in page
        assert "How it was judged" not in page

    def test_a_signing_key_is_removed_as_well(self, alice_client, issued):
        key = digest(
            digest(f"SNWS2{issued.value}".encode(), f"{timezone.now():%Y%m%d}".encode(), "sha256"), b"snws2_request", "sha256"
        ).hex()
        assert key not in send(alice_client, issued.token, {"headers": f"key {key}"}, status=422)

    def test_another_s_private_password_is_removed_without_a_word_on_whose_it_is(self, alice_client, bob, issued):
        foreign = issue(bob)
        page = send(alice_client, issued.token, {"headers": foreign.value}, status=422)
        assert foreign.value not in page
        assert "rotate the token that it belongs to" in page

    def test_the_rest_of_the_text_stays_in_the_form(self, alice_client, issued):
        page = send(alice_client, issued.token, {"headers": f"Host: here.example.org\nX: {issued.value}"}, status=422)
        assert "Host: here.example.org\nX: [removed]" in page


class TestNothingIsStored:
    MARK = "pastedmark42"

    @pytest.fixture
    def data(self, issued):
        return fields(missigned(issued, lambda text: f"{text}\n"), signed=self.MARK, body=self.MARK)

    def test_in_the_session_the_audit_trail_or_the_token(self, alice_client, issued, data):
        def state():
            sessions = [session.get_decoded() for session in Session.objects.all()]
            secrets = list(TokenSecret.objects.values("last_used_at", "first_used_at"))
            issued.token.refresh_from_db()
            return sessions, secrets, AuditEvent.objects.count(), issued.token.last_used_at

        before = state()
        send(alice_client, issued.token, data)
        send(alice_client, issued.token, fields(signed(issued.token.token_id, issued.value)))
        assert state() == before

    def test_in_the_log(self, alice_client, issued, data, caplog):
        with caplog.at_level(logging.DEBUG):
            send(alice_client, issued.token, data)
            send(alice_client, issued.token, {"method": self.MARK * 3}, status=422)
        assert self.MARK not in caplog.text

    def test_in_a_cache(self, alice_client, issued, data):
        assert "no-store" in alice_client.post(url(issued.token), data)["Cache-Control"]
        assert "no-store" in alice_client.get(url(issued.token))["Cache-Control"]


class TestInput:
    def test_what_is_missing_is_said_beside_its_field(self, alice_client, issued):
        page = send(alice_client, issued.token, {}, status=422)
        assert "The request could not be read." in page
        assert "Paste the headers that were sent" in page

    @pytest.mark.parametrize("text", ["\ud800", "\x00", "<script>alert(1)</script>", "%zz", "{" * 2000, "a:\n" * 2000])
    @pytest.mark.parametrize("field", ["method", "address", "headers", "body", "signed"])
    def test_anything_gets_an_answer(self, alice_client, issued, field, text):
        data = fields(signed(issued.token.token_id, issued.value))
        encoded = urlencode({**data, field: text}, errors="surrogatepass")
        response = alice_client.post(url(issued.token), encoded, content_type="application/x-www-form-urlencoded")
        assert response.status_code in {200, 422}
        assert "<script>alert" not in response.content.decode()

    def test_too_much_text_is_refused_and_not_repeated(self, alice_client, issued):
        data = {"headers": "x" * MAX_PASTED, "body": "y"}
        page = send(alice_client, issued.token, data, status=413)
        assert "At most 64 KB" in page
        assert "xxxx" not in page

    def test_in_place_too_much_text_stays_in_the_form(self, alice_client, issued):
        data = {"headers": "x" * MAX_PASTED, "body": "y"}
        response = alice_client.post(url(issued.token), data, headers={"HX-Request": "true"})
        assert response["HX-Retarget"] == "#debug-problem"
        assert response.content.decode().startswith("At most 64 KB")


class TestTheExamples:
    @pytest.mark.parametrize("name", ["snws2", "rfc9421"])
    def test_one_fills_the_form_and_is_explained(self, alice_client, issued, name):
        response = alice_client.get(f"{url(issued.token)}?example={name}")
        initial = response.context["form"].initial
        assert "Found:" in send(alice_client, issued.token, initial)

    def test_nothing_is_sent_by_itself(self, alice_client, issued):
        assert "How it was judged" not in alice_client.get(f"{url(issued.token)}?example=snws2").content.decode()

    def test_one_of_an_unknown_name_is_empty(self, alice_client, issued):
        assert alice_client.get(f"{url(issued.token)}?example=x").context["form"].initial == {}

    def test_without_a_private_password_that_opens_the_form_is_empty(self, alice_client, issued):
        TokenSecret.objects.update(sealed=b"\x01" + bytes(60))
        assert alice_client.get(f"{url(issued.token)}?example=snws2").context["form"].initial == {}

    def test_an_identifier_that_the_scheme_cannot_name_has_none(self, alice, alice_client, issued):
        type(issued.token).objects.update(token_id="a:b")
        assert alice_client.get("/tokens/a:b/debug/?example=rfc9421").context["form"].initial == {}


def test_the_token_s_page_leads_here(alice, alice_client):
    made = make_token(alice)
    assert f'href="{url(made)}"' in alice_client.get(f"/tokens/{made.token_id}/").content.decode()
