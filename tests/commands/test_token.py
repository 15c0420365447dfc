"""`manage.py token`: the same services as the pages and the API, with exit codes for scripts."""

import json
from datetime import UTC, datetime

import pytest

from tests.factories import issue, note_use, token
from tokens import conf
from tokens.domain.policies.table import RESTRICTIONS, TokenType
from tokens.domain.secrets.credentials import is_secret
from tokens.management.policy_flags import flag_of
from tokens.models import AuditEvent, SecurityToken, TokenSecret

OWNER = ("--owner", "alice@example.org")


def create(run, *arguments, kind="data", stdin=None):
    return run("token", "create", *OWNER, "--type", kind, *arguments, stdin=stdin)


def stored_secret(row):
    sealed = TokenSecret.objects.get(token=row, ends_at=None).sealed
    return conf.get_vault().open(bytes(sealed), token_id=row.token_id)


class TestCreate:
    def test_it_prints_identifier_and_private_password(self, run, alice):
        result = create(run, "--name", "Wallbox")
        row = SecurityToken.objects.get()
        assert (row.owner, row.name, row.token_type) == (alice, "Wallbox", TokenType.DATA)
        assert row.token_id in result.out
        assert stored_secret(row) in result.out
        assert "Heads up!" in result.err

    def test_json_has_the_token_as_the_api_returns_it_and_its_secret(self, run, alice):
        output = json.loads(create(run, "--json", kind="user").out)
        assert is_secret(output["authSecret"])
        assert output["type"] == "User"
        assert output["status"] == "Active"

    def test_each_restriction_has_an_option(self, run, alice):
        create(
            run,
            *("--api-path", "/datum/**", "--api-path", "!/datum/stream/**", "--not-after", "2199-12-31"),
            *("--min-aggregation", "Hour", "--node", "101", "--node", "102", "--refresh-allowed"),
            *("--source", "/a/*", "--node-metadata-path", "/m/x", "--user-metadata-path", "/m/y"),
        )
        assert SecurityToken.objects.get().policy == {
            "apiPaths": ["/datum/**", "!/datum/stream/**"],
            "notAfter": int(datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1000) - 1,
            "minAggregation": "Hour",
            "nodeIds": [101, 102],
            "refreshAllowed": True,
            "sourceIds": ["/a/*"],
            "nodeMetadataPaths": ["/m/x"],
            "userMetadataPaths": ["/m/y"],
        }

    def test_the_options_are_the_policy_tables(self):
        assert len({flag_of(row) for row in RESTRICTIONS}) == len(RESTRICTIONS)

    def test_a_policy_is_read_from_json_a_file_or_standard_input(self, run, alice, tmp_path):
        path = tmp_path / "policy.json"
        path.write_text('{"nodeIds": [101]}')
        create(run, "--policy", '{"nodeIds": [101]}')
        create(run, "--policy", f"@{path}")
        create(run, "--policy", "-", stdin='{"nodeIds": [101]}')
        assert [row.policy for row in SecurityToken.objects.all()] == [{"nodeIds": [101]}] * 3

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("--node", "201"), "Node 201 is not a node of this account"),
            (("--policy", '{"nodes": [1]}'), "nodes is not a policy"),
            (("--policy", "{"), "not JSON"),
            (("--policy", "[]"), "A policy is a JSON object"),
            (("--policy", "@/none"), "/none cannot be read"),
            (("--policy", '{"nodeIds": [101]}', "--node", "101"), "Give it once"),
            (("--not-after", "2020-01-01"), "in the past"),
            (("--name", "x" * 129), "129 characters"),
        ],
    )
    def test_an_invalid_token_is_reported_and_not_created(self, run, alice, bob, arguments, message):
        result = create(run, *arguments)
        assert (result.code, message in result.err) == (1, True), result.err
        assert not SecurityToken.objects.exists()

    def test_a_restriction_that_does_not_apply_is_rejected(self, run, alice):
        result = create(run, "--source", "a", kind="user")
        assert (result.code, "does not apply" in result.err) == (1, True)

    def test_an_unknown_owner_has_its_own_exit_code(self, run, db):
        assert create(run).code == 3

    @pytest.mark.parametrize("arguments", [("--not-after", "tomorrow"), ("--node", "x"), ("--frobnicate",)])
    def test_a_wrong_option_is_a_usage_error(self, run, alice, arguments):
        assert "Error: " in create(run, *arguments).err

    def test_the_audit_trail_names_the_command_and_its_user(self, run, alice):
        create(run)
        assert AuditEvent.objects.get().actor_label.startswith("command (")


class TestList:
    def test_it_shows_the_accounts_tokens_newest_first(self, run, alice, bob):
        rows = [token(alice, name="First"), token(alice, name="Second")]
        token(bob, name="Foreign")
        out = run("token", "list", *OWNER).out
        assert out.index(rows[1].token_id) < out.index(rows[0].token_id)
        assert "Foreign" not in out

    def test_json_is_a_list_without_secrets(self, run, alice):
        issued = issue(alice)
        result = run("token", "list", *OWNER, "--json")
        assert [one["id"] for one in json.loads(result.out)] == [issued.token.token_id]
        assert issued.value not in result.out

    def test_instants_have_the_apis_form(self, run, alice):
        made = issue(alice, now=datetime(2026, 2, 3, 4, 5, 6, 789_999, tzinfo=UTC))
        note_use(made.token, at=datetime(2026, 2, 3, 5, tzinfo=UTC))
        (listed,) = json.loads(run("token", "list", *OWNER, "--json").out)
        assert (listed["created"], listed["lastUsed"]) == ("2026-02-03 04:05:06.789Z", "2026-02-03 05:00:00.000Z")
        shown = run("token", "show", made.token.token_id).out
        assert listed["created"] in shown
        assert listed["lastUsed"] in shown

    def test_it_is_narrowed_by_type_and_status(self, run, alice):
        wanted = token(alice, type=TokenType.USER, disabled=True)
        token(alice, type=TokenType.USER)
        token(alice, disabled=True)
        result = run("token", "list", *OWNER, "--type", "user", "--status", "Disabled", "--json")
        assert [one["id"] for one in json.loads(result.out)] == [wanted.token_id]

    def test_a_name_cannot_write_on_the_terminal(self, run, alice):
        token(alice, name="a\nb\tc‮d")
        SecurityToken.objects.update(name="x\x1b[2Jy")
        assert "\x1b" not in run("token", "list", *OWNER).out

    def test_an_empty_list_says_so(self, run, alice):
        assert "no such tokens" in run("token", "list", *OWNER).out

    def test_its_queries_do_not_grow(self, run, alice, django_assert_max_num_queries):
        for _ in range(5):
            token(alice)
        with django_assert_max_num_queries(2):
            listed = json.loads(run("token", "list", *OWNER, "--json").out)
        assert len(listed) == 5


class TestOneToken:
    @pytest.mark.parametrize("act", ["show", "disable", "enable", "delete"])
    def test_an_unknown_token_has_its_own_exit_code(self, run, db, act):
        assert run("token", act, "Unknown", *(["--yes"] if act == "delete" else [])).code == 3

    def test_show_describes_the_token_without_its_secret(self, run, alice):
        issued = issue(alice)
        out = run("token", "show", issued.token.token_id).out
        assert "Reads all data" in out
        assert issued.value not in out

    def test_show_marks_an_invalid_policy(self, run, alice):
        row = token(alice)
        SecurityToken.objects.update(policy={"nodeIds": "all"})
        assert "cannot be read" in run("token", "show", row.token_id).out

    def test_disable_and_enable_change_the_status(self, run, alice):
        row = token(alice)
        assert json.loads(run("token", "disable", row.token_id, "--json").out)["status"] == "Disabled"
        assert SecurityToken.objects.get().status == "Disabled"
        run("token", "enable", row.token_id)
        assert SecurityToken.objects.get().status == "Active"

    def test_disabling_twice_is_not_an_error(self, run, alice):
        row = token(alice, disabled=True)
        result = run("token", "disable", row.token_id)
        assert (result.code, "already Disabled" in result.out) == (0, True)

    def test_rotate_prints_the_new_secret_once(self, run, alice):
        row = token(alice)
        result = run("token", "rotate", row.token_id, "--grace", "24h", "--json")
        assert json.loads(result.out)["authSecret"] == stored_secret(row)
        assert AuditEvent.objects.order_by("-pk").first().detail["grace"] == "24h"

    def test_rotate_requires_a_grace_period(self, run, alice):
        assert "--grace" in run("token", "rotate", token(alice).token_id).err

    def test_a_rotation_with_too_many_live_secrets_is_rejected(self, run, alice):
        row = token(alice)
        results = []
        for _ in range(4):
            TokenSecret.objects.update(first_used_at=datetime(2026, 1, 1, tzinfo=UTC))
            results.append(run("token", "rotate", row.token_id, "--grace", "7d").code)
        assert results[-1] == 1


class TestDelete:
    def test_yes_skips_the_confirmation(self, run, alice):
        assert run("token", "delete", token(alice).token_id, "--yes").code == 0
        assert not SecurityToken.objects.exists()

    def test_it_fails_without_a_terminal(self, run, alice):
        result = run("token", "delete", token(alice).token_id, stdin="y\n")
        assert (result.code, "--yes" in result.err) == (1, True)
        assert SecurityToken.objects.exists()

    @pytest.mark.parametrize(("typed", "deleted"), [("y", True), ("", False), ("no", False)])
    def test_it_asks_for_confirmation_at_a_terminal(self, run, alice, monkeypatch, typed, deleted):
        row = token(alice)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda _: typed)
        result = run("token", "delete", row.token_id)
        assert (result.code == 0) is deleted
        assert SecurityToken.objects.exists() is not deleted
