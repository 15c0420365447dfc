"""Each mistake in what a client of message signatures signs is named from the signature alone, and from its signature base."""

from base64 import b64decode

import pytest

from tests.domain.diagnosis.clients import HOST, NOW, PATH, SECRET, advice, diagnose_request
from tests.domain.diagnosis.messages import QUERY, message, missign, with_header
from tokens.domain.diagnosis.comparing import State
from tokens.domain.diagnosis.rfc9421.case import split_text
from tokens.domain.diagnosis.rfc9421.reading import read_leniently
from tokens.domain.signing.rfc9421.verification import read_request

BODY = b'{"max": 2}'
SORTED = "nodeId=101&sourceId=%2FRoof%20East%2F*"
POST = {"method": "POST", "body": BODY, "headers": (("content-type", "application/json"), ("accept", "a"), ("accept", "b"))}
TARGET = ["@method", "@target-uri"]


def swap(old: str, new: str):
    def change(base: str) -> str:
        assert old in base
        return base.replace(old, new)

    return change


def swap_lines(base: str) -> str:
    first, second, *rest = base.split("\n")
    return "\n".join([second, first, *rest])


# What the client does, to which request, and the name and a part of the advice that the debugger gives for it.
IN_THE_TEXT = {
    "query sorted": ({}, swap(QUERY, SORTED), "Order", "another order"),
    "query decoded": ({}, swap(QUERY, "sourceId=/Roof East/*&nodeId=101"), "Percent-encoding", "decoded before signing"),
    "query in lower-case hex": ({}, swap("%2F", "%2f"), "Percent-encoding", "encoded differently than it was sent"),
    "a blank as plus": ({}, swap("%20", "+"), "Percent-encoding", "encoded differently than it was sent"),
    "query as SNWS2 writes it": ({}, swap(QUERY, SORTED.replace("*", "%2A")), "Order", "not sorted"),
    "question mark missing": ({}, swap("?", ""), "Query", "without its “?”"),
    "query left out": ({}, swap(f"?{QUERY}", "?"), "Query", "left out"),
    "method in lower case": ({}, swap("GET", "get"), "Method", "upper case"),
    "path decoded": ({"path": "/a%20b"}, swap("/a%20b", "/a b"), "Percent-encoding", "decoded before signing"),
    "path with its query": ({}, swap(f'"@path": {PATH}', f'"@path": {PATH}?{QUERY}'), "Path", "the path alone"),
    "port signed": ({}, swap(f'authority": {HOST}', f'authority": {HOST}:8443'), "Port", "“data.example.org:8443” was signed"),
    "host of the upstream": ({}, swap(f'authority": {HOST}', 'authority": app.internal:8000'), "Host", "behind a proxy"),
    "scheme of the upstream": ({"components": TARGET}, swap("https://", "http://"), "Scheme", "X-Forwarded-Proto"),
    "target without its query": ({"components": TARGET}, swap(f"?{QUERY}", ""), "Target URI", "the whole address"),
    "line of a component missing": ({}, swap('"@method": GET\n', ""), "Missing line", "@method is named in Signature-Input"),
    "last line missing": ({}, lambda base: base.rpartition("\n")[0], "Missing line", "“@signature-params”, is missing"),
    "lines in another order": (
        {},
        lambda base: "\n".join([*sorted(base.split("\n")[:-1]), base.split("\n")[-1]]),
        "Order",
        "not in the order",
    ),
    "names without quotes": (
        {},
        lambda base: "\n".join(line.replace('"', "", 2) for line in base.split("\n")),
        "Component names",
        "quotes",
    ),
    "no space after the colon": ({}, swap('": ', '":'), "Component names", "space after the colon is missing"),
    "label signed": ({}, swap('params": (', 'params": sn=('), "Signature parameters", "without the label"),
    "blanks after semicolons": ({}, lambda base: base.replace(";", "; "), "Signature parameters", "byte for byte"),
    "parameter missing": ({}, swap(';tag="solarnetwork"', ""), "Missing parameter", "is missing from what is signed"),
    "parameters in another order": (
        {},
        swap(
            ';created=1795512600;keyid="Zx81aB3dE5fG7hJ9kL0m:20261124"',
            ';keyid="Zx81aB3dE5fG7hJ9kL0m:20261124";created=1795512600',
        ),
        "Order",
        "parameters are signed in another order",
    ),
    "content type with a charset": (
        POST,
        swap("application/json", "application/json; charset=UTF-8"),
        "Content-Type",
        "HTTP library",
    ),
    "lines of a field joined tightly": (
        {**POST, "components": ["@method", "@authority", "@path", "@query", "content-digest", "content-type", "accept"]},
        swap("a, b", "a,b"),
        "Whitespace",
        "a comma and a space",
    ),
}
IN_THE_SIGNATURE = {
    "CRLF": ({}, lambda base: base.replace("\n", "\r\n"), "Line endings", "CRLF"),
    "trailing newline": ({}, lambda base: f"{base}\n", "Trailing newline", "after the last line"),
}
EVERYTHING = IN_THE_TEXT | IN_THE_SIGNATURE


def diagnose_message(request, text="", **more):
    return diagnose_request(request, text, hosts=("app.internal:8000",), **more)


@pytest.mark.parametrize("case", EVERYTHING)
def test_a_mistake_is_found_from_the_signature_alone(case):
    parts, change, name, part = EVERYTHING[case]
    diagnosis = diagnose_message(missign(message(**parts), change))
    assert diagnosis.is_explained
    assert any(mistake.name == name and part in mistake.advice for mistake in diagnosis.mistakes), advice(diagnosis)


@pytest.mark.parametrize("case", IN_THE_TEXT)
def test_a_mistake_is_named_from_the_text_though_the_key_is_unknown(case):
    parts, change, name, part = IN_THE_TEXT[case]
    request = message(**parts)
    diagnosis = diagnose_message(request, change(read_request(request).canonical), secrets=())
    assert any(mistake.name == name and part in mistake.advice for mistake in diagnosis.mistakes), advice(diagnosis)


@pytest.mark.parametrize("case", IN_THE_TEXT)
def test_a_pasted_base_with_the_right_key_says_that_only_the_text_differs(case):
    parts, change, *_ = IN_THE_TEXT[case]
    request = message(**parts)
    text = change(read_request(request).canonical)
    diagnosis = diagnose_message(missign(request, change), text)
    assert diagnosis.headline.startswith("The key is right")
    assert sum(row.is_first for row in diagnosis.rows) == 1


@pytest.mark.parametrize("parts", [{}, POST, {"components": TARGET}, {"components": ['@query-param;name="nodeId"', *TARGET][1:]}])
def test_the_draft_is_what_the_verification_takes_for_signed(parts):
    request = message(**parts)
    reading = read_leniently(request)
    claim = read_request(request)
    assert reading.accepted[0].text == claim.canonical
    assert {draft.text for draft in reading.accepted} == {claim.canonical, *claim.alternatives}
    assert reading.mistakes == ()


def test_the_lines_of_a_base_have_the_roles_of_its_components():
    request = message(
        components=['"accept";bs', '"@query-param";name="nodeId"', "@method", "@target-uri"], headers=(("accept", "x"),)
    )
    draft = read_leniently(request).accepted[0]
    assert split_text(draft.text).lines == draft.lines


def test_either_spelling_of_the_default_port_in_the_target_is_no_mistake():
    request = message(components=TARGET)
    theirs = read_request(request).canonical.replace(HOST, f"{HOST}:443")
    assert {row.state for row in diagnose_message(request, theirs, secrets=()).rows} == {State.SAME}


class TestFields:
    @pytest.mark.parametrize(
        ("field", "write", "name", "part"),
        [
            ("signature", lambda text: f"sn={b64decode(text[4:-1]).hex()}", "Signature", "in hex"),
            ("signature", lambda text: f'sn="{text[4:-1]}"', "Signature", "byte sequence"),
            ("signature", lambda text: text[:-10], "Signature", "Copy it whole"),
            ("signature", lambda text: f"other{text[2:]}", "Signature", "no signature under the label"),
            ("signature-input", lambda text: text.replace(";created=1795512600", ""), "Parameters", "created and keyid"),
            ("signature-input", lambda text: text.replace("1795512600", '"1795512600"'), "Parameters", "integer"),
            ("signature-input", lambda text: text.replace(":20261124", ":20260230"), "Parameters", "no day"),
            ("signature-input", lambda text: text.replace(":20261124", ":20261101"), "Parameters", "6 days before"),
            ("signature-input", lambda text: f'{text};alg="ed25519"', "Parameters", "hmac-sha256"),
            ("signature-input", lambda text: text.replace('"@method" ', ""), "Missing component", "must also cover @method"),
            ("signature-input", lambda text: text.replace('"@method" ', '"@method" "@method" '), "Covered components", "twice"),
            ("signature-input", lambda text: text.replace('"@method"', '"@status"'), "Covered components", "cannot be covered"),
            ("signature-input", lambda text: text.replace('"@method"', '"@method" "x-none"'), "Missing header", "was not sent"),
            ("signature-input", lambda text: text.replace('"@method"', "@method"), "Signature fields", "cannot be read"),
        ],
    )
    def test_what_is_wrong_with_a_field_is_named(self, field, write, name, part):
        diagnosis = diagnose_message(with_header(message(), field, write))
        assert any(mistake.name == name and part in mistake.advice for mistake in diagnosis.mistakes), advice(diagnosis)

    def test_a_signature_in_hex_that_is_otherwise_right_is_said_to_be(self):
        request = with_header(message(), "signature", lambda text: f"sn={b64decode(text[4:-1]).hex()}")
        assert diagnose_message(request).headline.startswith("The signature itself is right")

    def test_the_old_digest_does_not_count(self):
        request = message(**POST)
        without = with_header(request, "content-digest", str)
        headers = tuple(("digest", value) if name == "content-digest" else (name, value) for name, value in without.headers)
        diagnosis = diagnose_message(
            type(request)(
                **{name: getattr(request, name) for name in ("method", "path", "query", "body", "hosts")}, headers=headers
            )
        )
        assert "The Digest header does not count here" in advice(diagnosis)

    def test_a_body_that_was_changed_is_named(self):
        request = message(**POST)
        changed = type(request)(
            "POST", request.path, request.query, request.headers, BODY + b"\n", hosts=request.hosts, scheme="https"
        )
        assert any(mistake.name == "Digest" for mistake in diagnose_message(changed).mistakes)

    def test_of_several_signatures_the_tagged_one_is_read(self):
        request = message()
        several = with_header(request, "signature-input", lambda text: f'a=("@method");created=1;keyid="x", {text}')
        several = with_header(several, "signature", lambda text: f"a=:AAAA:, {text}")
        assert diagnose_message(several).mistakes == ()


def test_snws2_beside_a_message_signature_is_named():
    request = message()
    both = type(request)("GET", PATH, QUERY, (*request.headers, ("authorization", "SNWS2 Credential=x")), hosts=request.hosts)
    assert "Only SNWS2 counts" in advice(diagnose_message(both))


def test_no_answer_contains_the_right_signature():
    request = message()
    shown = repr(diagnose_message(missign(request, lambda base: f"{base}\n"), now=NOW))
    assert dict(request.headers)["signature"][4:-1] not in shown
    assert SECRET not in shown
