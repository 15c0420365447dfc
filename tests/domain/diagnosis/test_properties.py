"""Whatever is pasted, there is an answer: no exception, and no more work than a bound."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.diagnosis.clients import HOST, NOW, SECRET, TOKEN_ID, client
from tokens.domain.diagnosis.diagnose import diagnose
from tokens.domain.diagnosis.pasting.leaks import cleanse
from tokens.domain.diagnosis.pasting.requests import Fields, read_request
from tokens.domain.diagnosis.schemes import find_scheme_mistake, open_case
from tokens.domain.diagnosis.searching import Budget, Guess, KeyGuess, find_signer, single_guesses
from tokens.domain.diagnosis.snws2.case import split_text
from tokens.domain.diagnosis.snws2.reading import read_leniently
from tokens.domain.diagnosis.suspecting.keys import KnownSecret
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.snws2.verification import read_request as read_strictly

NAMES = st.sampled_from(
    [
        "Host",
        "Signature-Input",
        "Signature",
        "Content-Digest",
        "X-SN-Date",
        "Authorization",
        "Digest",
        "Content-Type",
        "Content-Length",
        "Date",
        ":path",
        "X-SN-A",
    ]
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["Tue, 24 Nov 2026 09:30:00 GMT", "0001-01-01T00:00:00", "application/x-www-form-urlencoded", "sha-256=x", HOST]
    ),
    st.text('sn=("@method" "@path";bs);created=1keyid:"T0\\,', max_size=120).map(lambda text: f'sn=("@method"{text}'),
    st.text("SNWS2 Credential=,SignedHeaders;hostxd-Signature0123456789abcdef", max_size=120).map(lambda text: f"SNWS2 {text}"),
)
LINES = st.one_of(
    st.tuples(NAMES, VALUES).map(": ".join), st.text(max_size=40), st.sampled_from(["GET /x HTTP/1.1", "> a: b", "", "< x: y"])
)
HEADERS = st.lists(LINES, max_size=12).map("\n".join)
TEXTS = st.one_of(st.text(max_size=200), HEADERS)


@settings(max_examples=300)
@given(method=st.text(max_size=8), address=TEXTS, headers=HEADERS, body=st.text(max_size=60))
def test_the_reader_raises_nothing(method, address, headers, body):
    reading = read_request(Fields(method, address, headers, body))
    assert (reading.request is None) == bool(reading.problems)


@settings(max_examples=60)
@given(headers=HEADERS, query=st.text(max_size=40), body=st.text(max_size=40), signed=TEXTS)
def test_every_request_that_is_read_gets_an_answer(headers, query, body, signed):
    request = read_request(Fields("POST", f"https://{HOST}/x?{query}", f"{headers}\nX: y", body)).request
    if request is None:
        return
    case = open_case(request, hosts=("a:1",), now=NOW)
    if case is None:
        assert find_scheme_mistake(request).advice
    else:
        assert diagnose(case, signed, [KnownSecret(lambda: SECRET)]).headline


@given(st.text(max_size=400))
def test_what_the_client_signed_is_split_without_loss(text):
    client_text = split_text(text)
    assert "".join(line.text for line in client_text.lines).replace("\n", "") in text.replace("\n", "")


@given(st.text(max_size=200), st.text(min_size=8, max_size=40))
def test_taking_secrets_out_raises_nothing_and_leaves_none(text, secret):
    assert secret not in cleanse({"x": f"{text}{secret}{text}"}, [secret]).texts["x"] or secret in "[removed]"


@given(
    st.sampled_from(["GET", "POST", "DELETE"]),
    st.text("ab/%20é", max_size=20).map(lambda text: f"/{text}"),
    st.text("ab=&%20+é;,", max_size=40),
)
def test_the_draft_is_what_the_verification_takes_for_signed(method, path, query):
    request = client(method=method, path=path, query=query).request("0" * 64)
    try:
        claim = read_strictly(request)
    except MalformedRequest:
        return
    reading = read_leniently(request)
    assert (reading.token_id, reading.draft.text, reading.draft.message.decode()) == (
        TOKEN_ID,
        claim.canonical,
        claim.string_to_sign,
    )
    assert reading.mistakes == ()
    accepted = open_case(request, hosts=(), now=NOW).accepted
    assert accepted[0] == reading.draft
    assert tuple(draft.text for draft in accepted) == (claim.canonical, *claim.other_canonicals)


def test_the_search_ends_with_its_budget():
    case = open_case(client(query="&".join(f"a{n}={n}" for n in range(5000))).request("0" * 64), hosts=(), now=NOW)
    budget = Budget(1_000_000)
    keys = [KeyGuess(bytes([n])) for n in range(100)]
    assert find_signer(b"x", single_guesses(Guess(case.accepted[0]), case.suspects), keys, budget) is None
    assert -100_000 < budget.left < 0
