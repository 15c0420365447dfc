"""docs/spec.md says of policies, limits, forms and commands what the code does."""

import json
import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from tests.docs.markdown import ROOT, blocks, in_backticks, table, tables
from tokens import conf
from tokens.domain.authorization.rules import RULES
from tokens.domain.policies import table as policy_table
from tokens.domain.policies.aggregation import OFFERED, SHORT_KEYS, Aggregation
from tokens.domain.policies.table import RESTRICTIONS, Group, TokenType
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH
from tokens.domain.signing.signing_keys import KeyKind
from tokens.forms import TokenForm
from tokens.services.lifecycle.rotation import Grace

SPEC_PAGE = "docs/spec.md"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
_YES = {"yes": True, "–": False}


def bold(text):
    return re.findall(r"\*\*([^*]+)\*\*", text)


def keys(explanation):
    return list(explanation), list(explanation["effective"]), list(explanation["steps"][0])


class TestPolicyTable:
    def test_has_the_code_s_rows(self):
        documented = [
            (row["label"], *in_backticks(row["JSON key"]), _YES[row["User"]], _YES[row["Data"]], row["not set means"])
            for row in table(SPEC_PAGE, "The policy table")
        ]
        assert documented == [
            (row.label, row.json_key, row.applies_to(TokenType.USER), row.applies_to(TokenType.DATA), row.unset_means)
            for row in RESTRICTIONS
        ]


class TestAggregations:
    @pytest.fixture
    def rows(self):
        return table(SPEC_PAGE, "Aggregation levels")

    def test_are_all_named_in_the_code_s_order(self, rows):
        assert [name.strip("*") for row in rows for name in row["names"].split(", ")] == list(Aggregation)

    def test_of_one_row_are_equally_fine(self, rows):
        documented = {name.strip("*"): level for level, row in enumerate(rows) for name in row["names"].split(", ")}
        assert documented == {aggregation.value: aggregation.level for aggregation in Aggregation}

    def test_have_the_code_s_short_keys(self, rows):
        names = [name.strip("*") for row in rows for name in row["names"].split(", ")]
        keys = [key for row in rows for key in in_backticks(row["short keys"])]
        assert dict(zip(keys, names, strict=True)) == SHORT_KEYS

    def test_in_bold_are_those_that_the_form_offers(self, rows):
        assert [name for row in rows for name in bold(row["names"])] == list(OFFERED)


class TestLimits:
    def test_are_the_code_s(self):
        documented = {row["what"]: int(row["limit"].split()[0].replace(",", "")) for row in table(SPEC_PAGE, "Limits")}
        assert documented == {
            "name": policy_table.MAX_NAME_LENGTH,
            "description": policy_table.MAX_DESCRIPTION_LENGTH,
            "list": policy_table.MAX_ENTRIES,
            "source ID or pattern": policy_table.MAX_SOURCE_LENGTH,
            "path or pattern": policy_table.MAX_PATH_LENGTH,
            "token identifier": MAX_TOKEN_ID_LENGTH,
            "request body": conf.MAX_BODY_BYTES,
            "working secrets of one token": conf.MAX_LIVE_SECRETS,
            "page of a list section": conf.PAGE_SIZE,
        }


class TestSigningKeys:
    def test_have_the_code_s_kinds(self):
        rows = table(SPEC_PAGE, "Signing keys")
        assert [(*in_backticks(row["kind"]), row["signs"]) for row in rows] == [(kind.value, kind.label) for kind in KeyKind]


class TestRotation:
    def test_has_the_code_s_choices(self):
        assert [in_backticks(row["choice"]) for row in table(SPEC_PAGE, "Rotation")] == [[grace.value] for grace in Grace]


class TestForm:
    @pytest.fixture
    def documented(self):
        return {row["group"]: re.findall(r'"([^"]+)" `([^`]+)`', row["fields"]) for row in tables(SPEC_PAGE, "The pages")[1]}

    def test_has_the_documented_labels_and_names(self, alice, documented):
        fields = TokenForm(token_type=TokenType.DATA, owner=alice, now=NOW).fields
        assert {name: label for group in documented.values() for label, name in group} == {
            name: field.label for name, field in fields.items()
        }

    def test_has_the_documented_groups(self, documented):
        grouped = {(row.group, row.attribute) for row in RESTRICTIONS} | {(Group.INFO, "name"), (Group.INFO, "description")}
        assert list(documented) == list(Group)
        assert {(group, name) for group, fields in documented.items() for _, name in fields} == grouped


class TestSignatureDebugger:
    def test_reads_the_document_shown_and_prints_the_keys_shown(self, tmp_path):
        shown, documented = blocks(SPEC_PAGE, "The signature debugger", "json")
        document, output = tmp_path / "request.json", StringIO()
        document.write_text(shown, encoding="utf-8")
        call_command("explain_request", str(document), json=True, stdout=output)
        assert keys(json.loads(output.getvalue())) == keys(json.loads(documented))

    def test_names_the_step_of_every_rule(self):
        documented = {
            (code, step)
            for row in table(SPEC_PAGE, "The signature debugger")
            for code in in_backticks(row["code"])
            for step in in_backticks(row["step that failed"])
        }
        assert {(rule.code, rule.step) for rule in RULES if rule.step} - documented == set()

    def test_lists_every_code(self):
        documented = {code for row in table(SPEC_PAGE, "The signature debugger") for code in in_backticks(row["code"])}
        files = [*(ROOT / "tokens/domain/authorization").glob("*.py"), ROOT / "tokens/management/explanations.py"]
        sources = "".join(path.read_text(encoding="utf-8") for path in files)
        assert documented == {"OK", "UNAUTHENTICATED", *re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', sources)}
