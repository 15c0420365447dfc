"""`manage.py token import` and `export`: all or none, a report by line, and no private password that was not asked for."""

import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import Program
from tests.factories import issue, token
from tokens import conf
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy
from tokens.domain.records import loads_record
from tokens.domain.secrets.credentials import make_secret
from tokens.models import AuditEvent, LastUse, Mail, SecurityToken, TokenSecret
from tokens.services.moving import importing

PASSPHRASE = "a long passphrase for tests"
ALICE = ("--owner", "alice@example.org")


def record(token_id="Imported1", **fields):
    return {"id": token_id, "type": "ReadNodeData", "status": "Active", **fields}


@pytest.fixture
def file(tmp_path):
    """Write a file of lines; return its path."""

    def write(*documents):
        path = tmp_path / "tokens.jsonl"
        path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in documents))
        return path

    return write


@pytest.fixture
def passphrase_file(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text(f"{PASSPHRASE}\n")
    return path


def store(run, path, *more):
    return run("token", "import", str(path), *ALICE, "--store", *more)


class TestImport:
    def test_without_store_nothing_is_stored(self, run, alice, file):
        result = run("token", "import", str(file(record())), *ALICE)
        assert result.code == 0
        assert "1 token can be stored. Nothing was stored yet" in result.out
        assert not SecurityToken.objects.exists()

    def test_a_token_keeps_what_it_was(self, run, alice, file):
        policy = {"nodeIds": [101], "sourceIds": ["/meter/*"], "minAggregation": "Hour"}
        line = record(name="Roof", description="Of old", policy=policy, status="Disabled", created="2019-03-01 10:00:00.000Z")
        store(run, file({**line, "userId": 7, "expired": False}))
        row = SecurityToken.objects.get()
        assert (row.token_id, row.owner, row.name, row.description) == ("Imported1", alice, "Roof", "Of old")
        assert (row.policy, row.status, row.type) == (policy, "Disabled", "ReadNodeData")
        assert f"{row.created_at:%Y-%m-%d %H:%M}" == "2019-03-01 10:00"

    @pytest.mark.parametrize("secret", [make_secret(), "9c3f1d8e7a6b5c4d3e2f1a0b9c8d7e6f"], ids=["ours", "SolarNetwork's"])
    def test_its_private_password_signs(self, run, alice, file, secret):
        store(run, file(record("Old:id", type="User", authSecret=secret)))
        row = SecurityToken.objects.get()
        program = Program(row.token_id, secret)
        assert program.get("/solaruser/api/v1/sec/whoami").json()["data"]["id"] == "Old:id"

    def test_its_private_password_is_found_when_it_turns_up(self, run, alice, file):
        secret = make_secret()
        store(run, file(record(authSecret=secret)))
        assert TokenSecret.objects.filter(fingerprint=conf.get_fingerprinter().make(secret)).exists()

    def test_without_one_it_is_rotated_first(self, run, alice, file):
        assert "rotate the token before it is used" in store(run, file(record())).out
        assert run("token", "rotate", "Imported1", "--grace", "none").code == 0
        assert TokenSecret.objects.count() == 1

    def test_its_page_opens_without_one(self, run, alice_client, file):
        store(run, file(record()))
        assert alice_client.get("/tokens/Imported1/").status_code == 200

    def test_an_expired_token_comes_in(self, run, alice, file):
        assert store(run, file(record(policy={"notAfter": 1}))).code == 0

    def test_each_line_can_name_its_account(self, run, alice, bob, file):
        path = file(record("A", owner="alice@example.org"), record("B", owner="bob@example.org"))
        run("token", "import", str(path), "--store")
        assert {row.token_id: row.owner for row in SecurityToken.objects.all()} == {"A": alice, "B": bob}

    def test_each_has_its_entry_and_its_row_of_use(self, run, alice, file):
        store(run, file(record("A"), record("B")))
        entries = AuditEvent.objects.filter(action="token.imported")
        assert {entry.token_id for entry in entries} == {"A", "B"}
        assert {entry.actor_label.split()[0] for entry in entries} == {"command"}
        assert LastUse.objects.count() == 2

    def test_no_mail_is_sent_about_it(self, run, alice, file):
        store(run, file(record()))
        assert not Mail.objects.exists()

    def test_the_report_warns_of_a_colon(self, run, alice, file):
        result = run("token", "import", str(file("", record("Old:id"))), *ALICE)
        assert "line 2 (Old:id): note: HTTP message signatures cannot name" in result.out

    def test_standard_input_is_read(self, run, alice):
        assert run("token", "import", "-", *ALICE, "--store", stdin=json.dumps(record())).code == 0
        assert SecurityToken.objects.count() == 1

    def test_three_hundred_tokens_take_twenty_queries(self, run, alice, file, django_assert_max_num_queries):
        with django_assert_max_num_queries(20):
            store(run, file(*(record(f"T{number}", authSecret=make_secret()) for number in range(300))))

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("{", "not JSON"),
            ("[]", "A token is a JSON object"),
            (record(id="a,b"), "no comma"),
            (record("x" * 65), "1 to 64"),
            (record(type="Read"), "User or ReadNodeData"),
            (record(status="Expired"), "Active or Disabled"),
            (record(name="x" * 129), "the limit is 128"),
            (record(description=5), "a text"),
            (record(name="a\x00b"), "control character"),
            (record(policy={"nodes": [1]}), "nodes is not a policy"),
            (record(policy={"nodeIds": [201]}), "Node 201 is not a node of this account"),
            (record(type="User", policy={"sourceIds": ["a"]}), "does not apply to a User token"),
            (record(created="yesterday"), "Write an instant"),
            (record(created=4_000_000_000_000), "in the future"),
            (record(authSecret="short"), "16 to 128"),
            (record(authSecret="snts_" + "a" * 38), "checksum is wrong"),
            (record(limits={}), "must not be lost"),
            ('{"id": "a", "id": "b"}', "given twice"),
            (record("Taken"), "already"),
        ],
        ids=str,
    )
    def test_one_wrong_line_stores_none(self, run, alice, file, line, message):
        SecurityToken.objects.create(token_id="Taken", owner=alice, type="User")
        result = store(run, file(record("Good"), line))
        assert result.code == 1
        assert "line 2" in result.out
        assert message in result.out
        assert "1 of 2 lines are wrong. Nothing was stored." in result.err
        assert SecurityToken.objects.count() == 1

    def test_a_private_password_in_the_name_stores_none(self, run, alice, file):
        result = store(run, file(record(name=f"it is {make_secret()}")))
        assert "line 1 (Imported1): name: There is a private password in it" in result.out
        assert "snts_" not in result.out

    def test_the_same_identifier_twice_is_told_by_line(self, run, alice, file):
        assert "line 3 (A): id: Line 1 has the same identifier." in store(run, file(record("A"), record("B"), record("A"))).out

    def test_an_unknown_account_is_named(self, run, file, db):
        result = run("token", "import", str(file(record(owner="nobody@example.org"))), "--store")
        assert "There is no account with this address" in result.out

    def test_no_account_is_said(self, run, file, db):
        assert "No account is named" in run("token", "import", str(file(record())), "--store").out

    def test_the_report_never_shows_a_private_password(self, run, alice, file):
        secret = "0123456789abcdef with a space"
        result = store(run, file(record(authSecret=secret), json.dumps(record(authSecret=make_secret()))[:-1]))
        assert "0123456789" not in result.out + result.err
        assert "snts_" not in result.out + result.err

    @pytest.mark.parametrize("key", ["id", "type", "status", "created", "owner", "unknown"])
    @pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
    def test_nor_one_that_is_in_another_field(self, run, alice, file, key, more):
        secret = make_secret()
        result = store(run, file(record() | {key: secret}), *more)
        assert secret not in result.out + result.err

    def test_nor_one_that_is_a_key(self, run, alice, file):
        secret = make_secret()
        assert secret not in store(run, file(record(**{secret: 1}))).out

    def test_the_report_is_json_if_asked_for(self, run, alice, file):
        out = store(run, file(record("Old:id"), record(type="x")), "--json").out
        first, second = map(json.loads, out.splitlines())
        assert (first["line"], first["id"], first["problems"]) == (1, "Old:id", [])
        assert second["problems"][0]["field"] == "type"

    @pytest.mark.parametrize("made", [b"\xff\xfe", b"age-encryption.org/v1\n-> scrypt"], ids=["no UTF-8", "half an age file"])
    def test_a_file_that_cannot_be_read_is_told(self, run, alice, tmp_path, passphrase_file, made):
        path = tmp_path / "x"
        path.write_bytes(made)
        result = store(run, path, "--passphrase-file", str(passphrase_file))
        assert result.code in {1, 2}
        assert str(path) in result.err

    def test_a_missing_file_is_told(self, run, alice, tmp_path):
        assert "cannot be read" in store(run, tmp_path / "none").err

    def test_what_fails_in_the_middle_leaves_nothing(self, run, alice, file, monkeypatch):
        monkeypatch.setattr(importing, "_BATCH", 2)
        whole = importing._store

        def taken_in_the_meantime(batch, *rest):
            if batch[0].record.token_id == "T2":
                SecurityToken.objects.create(token_id="T3", owner=alice, type="User")
            whole(batch, *rest)

        monkeypatch.setattr(importing, "_store", taken_in_the_meantime)
        result = store(run, file(*(record(f"T{number}") for number in range(6))))
        assert "in the meantime. Nothing was stored" in result.err
        assert not SecurityToken.objects.exists()

    def test_a_node_that_leaves_in_the_meantime_is_noticed(self, run, alice, bob, file, monkeypatch):
        whole = importing._store

        def transferred(*arguments):
            alice.nodes.filter(node_id=101).update(owner=bob)
            whole(*arguments)

        monkeypatch.setattr(importing, "_store", transferred)
        assert "left its account" in store(run, file(record(policy={"nodeIds": [101]}))).err
        assert not SecurityToken.objects.exists()


class TestExport:
    def test_it_has_no_private_password(self, run, alice):
        issued = issue(alice, name="Roof", policy=Policy(node_ids=(101,)))
        out = run("token", "export").out
        assert json.loads(out) | {"name": "Roof", "policy": {"nodeIds": [101]}, "owner": "alice@example.org"} == json.loads(out)
        assert "snts_" not in out
        assert issued.value not in out

    def test_one_account_s_tokens_only_if_asked_for(self, run, alice, bob):
        mine, _ = token(alice), token(bob)
        assert [json.loads(line)["id"] for line in run("token", "export", *ALICE).out.splitlines()] == [mine.token_id]

    def test_private_passwords_leave_only_encrypted(self, run, alice, tmp_path, passphrase_file):
        issued = issue(alice)
        path = tmp_path / "out.age"
        result = run("token", "export", "--secrets", "--output", str(path), "--passphrase-file", str(passphrase_file))
        assert result.code == 0
        assert path.read_bytes().startswith(b"age-encryption.org/v1")
        assert issued.value.encode() not in path.read_bytes()
        assert issued.value not in result.out + result.err

    def test_what_goes_out_comes_in_again(self, run, alice, tmp_path, passphrase_file):
        issued = issue(alice, name="Roof", policy=Policy(node_ids=(101,), refresh_allowed=True), disabled=True)
        path, options = tmp_path / "out.age", ("--passphrase-file", str(passphrase_file))
        run("token", "export", "--secrets", "--output", str(path), *options)
        run("token", "delete", issued.token.token_id, "--yes")
        assert run("token", "import", str(path), "--store", *options).code == 0
        row = SecurityToken.objects.get()
        same = ("token_id", "owner_id", "type", "status", "name", "description", "policy")
        assert [getattr(row, name) for name in same] == [getattr(issued.token, name) for name in same]
        sealed = TokenSecret.objects.get(token=row).sealed
        assert conf.get_vault().open(bytes(sealed), token_id=row.token_id) == issued.value

    def test_a_wrong_passphrase_opens_nothing(self, run, alice, tmp_path, passphrase_file):
        issue(alice)
        path = tmp_path / "out.age"
        run("token", "export", "--secrets", "--output", str(path), "--passphrase-file", str(passphrase_file))
        passphrase_file.write_text("another long passphrase")
        assert "cannot be decrypted" in store(run, path, "--passphrase-file", str(passphrase_file)).err

    def test_each_owner_is_told_of_it(self, run, alice, bob, tmp_path, passphrase_file):
        issue(alice)
        run("token", "export", "--secrets", "--output", str(tmp_path / "x"), "--passphrase-file", str(passphrase_file))
        entry = AuditEvent.objects.get(action="account.secrets_exported")
        assert (entry.owner, entry.detail) == (alice, {"count": 1})
        assert Mail.objects.get(kind="account").owner == alice

    def test_only_its_owner_reads_the_file(self, run, alice, tmp_path):
        path = tmp_path / "out.jsonl"
        run("token", "export", "--output", str(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_nothing_is_overwritten(self, run, alice, tmp_path):
        path = tmp_path / "out.jsonl"
        path.write_text("mine")
        assert "exists already" in run("token", "export", "--output", str(path)).err
        assert path.read_text() == "mine"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_name_that_is_taken_tells_no_owner_of_an_export(self, run, alice, tmp_path, passphrase_file):
        issue(alice)
        path = tmp_path / "out.age"
        path.write_text("mine")
        run("token", "export", "--secrets", "--output", str(path), "--passphrase-file", str(passphrase_file))
        assert not AuditEvent.objects.filter(action="account.secrets_exported").exists()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("--secrets", "--output", "/none/x"), "no terminal"),
            (("--output", "/none/x"), "cannot be written"),
        ],
    )
    def test_what_cannot_be_done_is_told(self, run, alice, monkeypatch, arguments, message):
        assert message in run("token", "export", *arguments, stdin="").err

    def test_private_passwords_are_not_printed(self, run, alice, passphrase_file):
        assert "add --output" in run("token", "export", "--secrets", "--passphrase-file", str(passphrase_file)).err

    def test_a_short_passphrase_is_refused(self, run, alice, tmp_path, passphrase_file):
        passphrase_file.write_text("short")
        options = ("--output", str(tmp_path / "x"), "--passphrase-file", str(passphrase_file))
        assert "Use at least 12" in run("token", "export", "--secrets", *options).err

    def test_a_secret_that_no_key_opens_is_named(self, run, alice, tmp_path, passphrase_file):
        broken = token(alice)
        TokenSecret.objects.filter(token=broken).update(sealed=b"\x01" + b"x" * 60)
        path = tmp_path / "x"
        result = run("token", "export", "--secrets", "--output", str(path), "--passphrase-file", str(passphrase_file))
        assert broken.token_id in result.err
        assert not path.exists()

    def test_a_thousand_tokens_take_a_few_queries(self, run, alice, django_assert_max_num_queries, file):
        store(run, file(*(record(f"T{number}") for number in range(500))))
        with django_assert_max_num_queries(5):
            assert len(run("token", "export").out.splitlines()) == 500


def outcome(text):
    """Return the record that a line holds, or what is wrong with it."""
    try:
        return loads_record(text)
    except PolicyError as error:
        return error.problems


class TestAnyLine:
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(sorted(record(policy={}, created=1, authSecret="", owner="", name=""))), inner)
            ),
            max_leaves=8,
        )
    )
    def test_it_is_read_or_refused_with_a_reason(self, document):
        assert outcome(json.dumps(document))
