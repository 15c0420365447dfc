"""RFC9421, every row of the profile: what is accepted, and what is refused and why."""

from dataclasses import replace

import pytest

from tests.domain.signing.rfc9421.plain import (
    CREATED,
    GET_NAMES,
    HOST,
    JSON,
    NOW,
    POST_NAMES,
    SECRET,
    TOKEN_ID,
    authorize,
    build,
    build_post,
    change,
    day_key,
    digest,
    is_accepted,
    parameters,
    refusal_of,
)
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign as sign_snws2

GET, POST = build(), build_post()
DIRECT = SECRET.encode()


def two_signatures(first, second, request=GET):
    """A request with two signatures of the two sets of parameters."""
    one, two = (authorize(request, parameters=text, label=label) for text, label in ((first, "a"), (second, "b")))
    fields = [(name, f"{value}, {dict(two.headers)[name]}") for name, value in one.headers if name.startswith("signature")]
    return replace(request, headers=(*request.headers, *fields))


def bent(name, old, new, request=None):
    """A signed request with a text in a field replaced."""
    return change(authorize(GET) if request is None else request, name, lambda value: value.replace(old, new))


GOOD = {
    "key of the day": authorize(GET),
    "the private password as key": authorize(GET, key=DIRECT, parameters=parameters(TOKEN_ID)),
    "label other than sn": authorize(GET, label="sig-1.x_*"),
    "parameters in another order": authorize(
        GET, parameters=f';tag="solarnetwork";keyid="{TOKEN_ID}:20261124";created={CREATED}'
    ),
    "unknown parameters": authorize(GET, parameters=f"{parameters()};x;y=?0;z=1.5;t=a/b;b=:AQI=:"),
    "expires, nonce and alg": authorize(GET, parameters=f'{parameters()};expires={CREATED};nonce="b \\"3";alg="hmac-sha256"'),
    "components in another order": authorize(GET, ("@query", "@path", "@method", "@authority")),
    "more components than needed": authorize(GET, (*GET_NAMES, "host", "@scheme", "@request-target")),
    "@target-uri alone": authorize(GET, ("@method", "@target-uri")),
    "@target-uri beside the rest": authorize(GET, (*GET_NAMES, "@target-uri")),
    "@query-param beside @query": authorize(GET, (*GET_NAMES, '"@query-param";name="nodeId"'), query_param="5"),
    "no tag": authorize(GET, parameters=parameters(tag=None)),
    "another tag on the only signature": authorize(GET, parameters=parameters(tag="other")),
    "two signatures, the first tagged": two_signatures(parameters(), parameters(tag="other")),
    "two signatures, the second tagged": two_signatures(parameters(tag=None), parameters()),
    "key of the day after": authorize(GET, key=day_key("20261125"), parameters=parameters(f"{TOKEN_ID}:20261125")),
    "key six days old": authorize(GET, key=day_key("20261118"), parameters=parameters(f"{TOKEN_ID}:20261118")),
    "default port left out": authorize(replace(GET, hosts=(f"{HOST}:443", HOST))),
    "another port": authorize(replace(GET, hosts=(f"{HOST}:8443",)), authority=f"{HOST}:8443"),
    "uppercase host": authorize(replace(GET, hosts=("Data.Example.ORG",))),
    "HEAD": authorize(replace(GET, method="HEAD")),
    "no query": authorize(replace(GET, query=""), GET_NAMES[:3]),
    "no query, yet covered": authorize(replace(GET, query="")),
    "empty query": authorize(replace(GET, query="", has_empty_query=True)),
    "empty query in @target-uri": authorize(replace(GET, query="", has_empty_query=True), ("@method", "@target-uri")),
    "empty path": authorize(replace(GET, path="")),
    "query spelled in its own way": authorize(replace(GET, query="b=%7e+1&a=/&&b=")),
    "content": authorize(POST, POST_NAMES),
    "a form": authorize(build_post(b"a=1&b=%2B", headers=[]), POST_NAMES),
    "sha-512": authorize(
        build("POST", query="", body=b"x", headers=[("content-digest", digest(b"x", "sha512"))]), POST_NAMES[:4]
    ),
    "both algorithms": authorize(
        build("POST", query="", body=b"x", headers=[("content-digest", f"{digest(b'x')}, {digest(b'x', 'sha512')}")]),
        POST_NAMES[:4],
    ),
    "an unknown algorithm beside": authorize(
        build("POST", query="", body=b"x", headers=[("content-digest", f"unixsum=:AQI=:, {digest(b'x')}")]), POST_NAMES[:4]
    ),
    "a right digest that is not covered": authorize(build(headers=[("content-digest", digest(b""))])),
    "a type without content": authorize(
        build("POST", query="", headers=[("content-type", "text/plain")]), (*POST_NAMES[:3], "content-type")
    ),
    "x-sn fields": authorize(build(headers=[("x-sn-a", " 1 "), ("x-sn-b", "")]), (*GET_NAMES, "x-sn-a", "x-sn-b")),
    "an unsigned field of another kind": authorize(build(headers=[("accept", "*/*")])),
    "Authorization of another scheme": authorize(build(headers=[("authorization", "Bearer x")])),
    "blanks where the grammar has them": authorize(
        GET, inner_list=f'( "@method"  "@authority" "@path" "@query" ); created={CREATED};  keyid="{TOKEN_ID}:20261124"'
    ),
}


@pytest.mark.parametrize("request_", GOOD.values(), ids=GOOD)
def test_what_the_profile_allows_is_accepted(request_):
    assert is_accepted(request_)


@pytest.mark.parametrize("request_", GOOD.values(), ids=GOOD)
def test_another_secret_signs_none_of_it(request_):
    assert not is_accepted(request_, SECRET + "x")


def without(name, names=POST_NAMES, request=POST):
    return authorize(request, [other for other in names if other != name])


def keyed(keyid, **options):
    return authorize(GET, parameters=parameters(keyid), **options)


WITH_SN = build_post(headers=[("x-sn-date", "Tue, 24 Nov 2026 09:30:00 GMT")])
FORM = build("POST", query="", body=b"a=1", headers=[("content-type", "application/x-www-form-urlencoded")])
OTHER_DIGEST = build(headers=[("content-digest", digest(b"other"))])

# A request that cannot be read, and a word of the reason that its sender gets.
MALFORMED = {
    "without @method": (without("@method"), "@method"),
    "without @authority": (without("@authority"), "@authority"),
    "without @path": (without("@path"), "@path"),
    "without @query": (without("@query", GET_NAMES, GET), "@query"),
    "without content-digest": (without("content-digest"), "content-digest"),
    "without content-type": (without("content-type"), "content-type"),
    "without an x-sn field": (authorize(WITH_SN, POST_NAMES), "x-sn-date"),
    "an empty query that is not covered": (authorize(replace(GET, query="", has_empty_query=True), GET_NAMES[:3]), "@query"),
    "@query-param in place of @query": (
        authorize(GET, (*GET_NAMES[:3], '"@query-param";name="nodeId"', '"@query-param";name="sourceId"')),
        "@query",
    ),
    "created missing": (authorize(GET, parameters=f';keyid="{TOKEN_ID}"'), "created"),
    "created as text": (authorize(GET, parameters=parameters(created=f'"{CREATED}"')), "created"),
    "created with a fraction": (authorize(GET, parameters=parameters(created=f"{CREATED}.5")), "created"),
    "created before 1970": (authorize(GET, parameters=parameters(created=-1)), "created"),
    "created after the last year": (authorize(GET, parameters=parameters(created=10**14)), "created"),
    "expires before created": (authorize(GET, parameters=f"{parameters()};expires={CREATED - 1}"), "expires"),
    "expires as text": (authorize(GET, parameters=f'{parameters()};expires="x"'), "expires"),
    "another algorithm": (authorize(GET, parameters=f'{parameters()};alg="ed25519"'), "hmac-sha256"),
    "the algorithm as a token": (authorize(GET, parameters=f"{parameters()};alg=hmac-sha256"), "alg"),
    "nonce as a number": (authorize(GET, parameters=f"{parameters()};nonce=1"), "nonce"),
    "tag as a token": (authorize(GET, parameters=f"{parameters(tag=None)};tag=solarnetwork"), "tag"),
    "keyid missing": (authorize(GET, parameters=f";created={CREATED}"), "keyid"),
    "keyid as a token": (authorize(GET, parameters=f";created={CREATED};keyid={TOKEN_ID}"), "keyid"),
    "keyid empty": (keyed(""), "keyid"),
    "keyid a day alone": (keyed(":20261124"), "keyid"),
    "keyid with a short day": (keyed(f"{TOKEN_ID}:2026112"), "keyid"),
    "keyid with a day that does not exist": (keyed(f"{TOKEN_ID}:20260230"), "keyid"),
    "keyid with more than a day": (keyed(f"{TOKEN_ID}:20261125x"), "keyid"),
    "keyid with an empty day": (keyed(f"{TOKEN_ID}:"), "keyid"),
    "keyid split at the first colon": (keyed(f"{TOKEN_ID}:a:20261124"), "keyid"),
    "keyid with digits of another script": (keyed(f"{TOKEN_ID}:２０２６１１２４"), "Signature-Input"),
    "keyid with a blank": (keyed(f"{TOKEN_ID} :20261124"), "keyid"),
    "keyid too long": (keyed("x" * 65), "keyid"),
    "key two days ahead": (keyed(f"{TOKEN_ID}:20261126", key=day_key("20261126")), "day"),
    "key seven days old": (keyed(f"{TOKEN_ID}:20261117", key=day_key("20261117")), "day"),
    "a parameter twice": (authorize(GET, parameters=f"{parameters()};created={CREATED}"), "twice"),
    "a component twice": (authorize(GET, (*GET_NAMES, "@path")), "twice"),
    "a component twice, parameters in another order": (
        authorize(build(headers=[("x", "a=1")]), (*GET_NAMES, '"x";key="a";sf', '"x";sf;key="a"'), x="1"),
        "twice",
    ),
    "a flag twice, written in two ways": (
        authorize(build(headers=[("priority", "u=1")]), (*GET_NAMES, '"priority";sf', '"priority";sf=?1')),
        "twice",
    ),
    "@status": (authorize(GET, (*GET_NAMES, "@status"), status="200"), "'@status' cannot be covered"),
    "@signature-params": (authorize(GET, (*GET_NAMES, "@signature-params"), signature_params=""), "@signature-params"),
    "a component of the request of a response": (authorize(GET, ('"@method";req', *GET_NAMES[1:])), "@method"),
    "a field of the request of a response": (authorize(GET, (*GET_NAMES, '"host";req')), "host"),
    "a trailer": (authorize(GET, (*GET_NAMES, '"host";tr')), "host"),
    "a name in upper case": (authorize(GET, (*GET_NAMES, "Host")), "Host"),
    "a component that is not named by a string": (authorize(GET, inner_list=f"(host){parameters()}"), "host"),
    "a field that was not sent": (authorize(GET, (*GET_NAMES, "accept")), "accept"),
    "Digest in place of Content-Digest": (
        authorize(build("POST", query="", body=b"x", headers=[("digest", "sha-256=x")]), (*POST_NAMES[:3], "digest")),
        "content-digest",
    ),
    "a covered Content-Digest that was not sent": (
        authorize(build("POST", query="", body=b"x"), POST_NAMES[:4], content_digest=digest(b"x")),
        "content-digest",
    ),
    "a wrong Content-Digest that is not covered": (authorize(OTHER_DIGEST), "Content-Digest"),
    "another body": (replace(authorize(POST, POST_NAMES), body=b'{"a":2}'), "Content-Digest"),
    "a form without digest": (authorize(FORM, (*POST_NAMES[:3], "content-type")), "content-digest"),
    "an x-sn field added after signing": (
        replace(authorize(GET), headers=(*authorize(GET).headers, ("x-sn-presignedauthorization", "x"))),
        "x-sn-presignedauthorization",
    ),
    "a type added after signing": (replace(authorize(GET), headers=(*authorize(GET).headers, JSON)), "content-type"),
    "two signatures, none tagged": (two_signatures(parameters(tag=None), parameters(tag="other")), "none"),
    "two signatures, both tagged": (two_signatures(parameters(), parameters()), "only one"),
    "hex in place of base64": (change(authorize(GET), "signature", lambda _: f"sn=:{'0a' * 32}:"), "32 bytes"),
    "a signature of 31 bytes": (change(authorize(GET), "signature", lambda _: f"sn=:{'AAAA' * 10}AA==:"), "32 bytes"),
    "a signature without colons": (bent("signature", ":", ""), "Signature"),
    "a signature without padding": (change(authorize(GET), "signature", lambda value: f"{value[:-2]}:"), "32 bytes"),
    "no Signature": (replace(authorize(GET), headers=authorize(GET).headers[:-1]), "Signature"),
    "another label in Signature": (bent("signature", "sn=", "x="), "labels"),
    "a label in Signature alone": (change(authorize(GET), "signature", lambda value: f"{value}, x=:AAAA:"), "labels"),
    "a label in Signature-Input alone": (change(authorize(GET), "signature-input", lambda value: f"{value}, x=()"), "labels"),
    "a label twice": (change(authorize(GET), "signature-input", lambda value: f"{value}, {value}"), "twice"),
    "an empty Signature-Input": (change(authorize(GET), "signature-input", lambda _: ""), "Signature-Input"),
    "no inner list": (change(authorize(GET), "signature-input", lambda _: 'sn="@method"'), "Signature-Input"),
    "no host": (replace(authorize(GET), headers=authorize(GET).headers[1:]), "Host"),
}


@pytest.mark.parametrize(("request_", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_what_the_profile_forbids_cannot_be_read_and_the_sender_is_told(request_, reason):
    assert reason in refusal_of(request_)


@pytest.mark.parametrize(("request_", "_"), MALFORMED.values(), ids=MALFORMED)
def test_a_reason_is_one_line_that_a_header_can_hold(request_, _):
    reason = refusal_of(request_)
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) < 300


# Well formed, but signed by another key or over another text: nothing tells them from a wrong secret.
UNPROVED = {
    "derived key with a bare keyid": keyed(TOKEN_ID),
    "private password with a day in keyid": keyed(f"{TOKEN_ID}:20261124", key=DIRECT),
    "key of another day than keyid says": keyed(f"{TOKEN_ID}:20261123"),
    "SNWS2 key": keyed(f"{TOKEN_ID}:20261124", key=day_key("20261124", prefix="SNWS2", terminator="snws2_request")),
    "decoded query": authorize(GET, query="?nodeId=5&sourceId=/G1/*"),
    "sorted query": authorize(replace(GET, query="b=1&a=2"), query="?a=2&b=1"),
    "@query without its question mark": authorize(GET, query=GET.query),
    "decoded path": authorize(replace(GET, path="/a%20b"), path="/a b"),
    "method in lower case": authorize(GET, method="get"),
    "host in upper case": authorize(replace(GET, hosts=(HOST.upper(),)), authority=HOST.upper()),
    "default port written in @authority": authorize(GET, authority=f"{HOST}:443"),
    "default port of another scheme": authorize(replace(GET, hosts=(f"{HOST}:80",))),
    "another scheme in @target-uri": authorize(
        GET, ("@method", "@target-uri"), target_uri=f"http://{HOST}{GET.path}?{GET.query}"
    ),
    "an empty query where none was sent": authorize(
        replace(GET, query=""), ("@method", "@target-uri"), target_uri=f"https://{HOST}{GET.path}?"
    ),
    "parameters in another order than signed": bent(
        "signature-input", parameters(), f';tag="solarnetwork"{parameters(tag=None)}'
    ),
    "an unknown parameter added": bent("signature-input", ";tag", ";x;tag"),
    "blanks added": bent("signature-input", ";tag", "; tag"),
    "an inner list that is written anew": bent("signature-input", '" "', '"  "'),
    "another path": replace(authorize(GET), path="/solarquery/api/v1/sec/datum/mostRecent"),
    "another method": replace(authorize(GET), method="HEAD"),
    "another type": bent("content-type", "json", "xml", authorize(POST, POST_NAMES)),
    "a newline at the end of the base": authorize(GET, query=f"?{GET.query}\n"),
}


@pytest.mark.parametrize("request_", UNPROVED.values(), ids=UNPROVED)
def test_what_was_not_signed_so_does_not_match(request_):
    assert not is_accepted(request_)
    assert not is_accepted(request_, "another")


def test_a_good_message_signature_does_not_mend_a_bad_snws2_one():
    bad = sign_snws2(SignedRequest("GET", GET.path, GET.query, (("host", HOST),)), token_id=TOKEN_ID, secret="x", now=NOW)
    assert not is_accepted(authorize(replace(GET, headers=bad.headers), (*GET_NAMES, "x-sn-date")))
