"""The forms: what is typed becomes exactly the policy that its owner expects, or an error that names the value."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from crispy_forms.utils import render_crispy_form
from django.http import QueryDict

from tests.factories import NodeFactory, token
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.forms import RotateForm, TokenForm, TryoutForm
from tokens.services.lifecycle.rotation import Grace

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def sent(**fields: object) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in fields.items():
        query.setlist(name, [str(entry) for entry in value] if isinstance(value, list) else [str(value)])
    return query


def data_form(owner, edited=None, **fields) -> TokenForm:
    return TokenForm(sent(**fields), token_type=TokenType.DATA, owner=owner, now=NOW, token=edited)


def policy_of(form: TokenForm) -> Policy:
    assert form.is_valid(), form.errors
    return form.cleaned_data["draft"].policy


class TestWhatIsTyped:
    def test_an_empty_form_restricts_nothing(self, alice):
        assert policy_of(data_form(alice)).is_empty

    def test_every_field_becomes_its_restriction(self, alice):
        form = data_form(
            alice,
            name=" Roof ",
            description="a\r\nb",
            api_paths="/datum/**, !/datum/stream/**",
            not_after="2026-12-31",
            refresh_allowed="on",
            min_aggregation="Hour",
            node_ids=[102, 101],
            source_ids="/a/*,\n/b\r\n/a/*",
            node_metadata_paths="/m/**",
            user_metadata_paths="/pm/x/*",
        )
        assert policy_of(form) == Policy(
            api_paths=("/datum/**", "!/datum/stream/**"),
            not_after=last_instant_of(date(2026, 12, 31)),
            min_aggregation=Aggregation.HOUR,
            node_ids=(102, 101),
            refresh_allowed=True,
            source_ids=("/a/*", "/b"),
            node_metadata_paths=("/m/**",),
            user_metadata_paths=("/pm/x/*",),
        )
        assert form.cleaned_data["draft"].name == "Roof"
        assert form.cleaned_data["draft"].description == "a\nb"

    @pytest.mark.parametrize("level", ["", "None", "0"])
    def test_no_aggregation_is_no_restriction(self, alice, level):
        assert policy_of(data_form(alice, min_aggregation=level)).min_aggregation is None

    def test_a_short_key_is_an_aggregation(self, alice):
        assert policy_of(data_form(alice, min_aggregation="5m")).min_aggregation is Aggregation.FIVE_MINUTE

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("not_after", "2026-11-22", "past"),
            ("not_after", "31.12.2026", "31.12.2026"),
            ("not_after", "2026-02-30", "2026-02-30"),
            ("not_after", "٢٠٢٦-١٢-٣١", "is not a date"),
            ("not_after_choice", "soon", "soon"),
            ("min_aggregation", "Fortnight", "Fortnight"),
            ("min_aggregation", "Year", "Year"),
            ("node_ids", "201", "201"),
            ("node_ids", "999", "999"),
            ("node_ids", "-1", "-1"),
            ("node_ids", "1e3", "1e3"),
            ("node_ids", "9" * 30, "999"),
            ("api_paths", "datum", "datum"),
            ("node_metadata_paths", "/x", "/x"),
            ("source_ids", "a\x00b", "control character"),
            ("source_ids", "x" * 65, "64"),
            ("source_ids", "\ud800", "unpaired surrogate"),
            ("source_ids", "\n".join(map(str, range(1001))), "1,000"),
            ("source_ids_scope", "some", "all or only"),
            ("name", "x" * 129, "128"),
            ("name", "a\x00b", "Null"),
            ("name", "\ud800", "unpaired surrogate"),
            ("description", "x" * 100_000, "512"),
        ],
    )
    def test_an_invalid_value_is_refused_and_named(self, alice, bob, field, value, message):
        form = data_form(alice, **{field: value})
        assert not form.is_valid()
        expected = field.removesuffix("_scope").removesuffix("_choice")
        assert message in " ".join(form.errors[expected])

    def test_a_foreign_node_and_an_unknown_one_are_refused_in_the_same_words(self, alice, bob):
        foreign, unknown = (data_form(alice, node_ids=[node]).errors["node_ids"][0] for node in (201, 999))
        assert foreign.replace("201", "N") == unknown.replace("999", "N")

    def test_all_errors_are_reported_at_once(self, alice):
        form = data_form(alice, name="x" * 200, not_after="2020-01-01", api_paths="no", node_ids=[999])
        assert set(form.errors) == {"name", "not_after", "api_paths", "node_ids"}

    @pytest.mark.parametrize("field", ["node_ids", "source_ids", "min_aggregation", "node_metadata_paths", "user_metadata_paths"])
    def test_a_user_token_refuses_what_only_a_data_token_carries(self, alice, field):
        value = {"node_ids": "101", "min_aggregation": "Hour"}.get(field, "/m/a")
        form = TokenForm(sent(**{field: value}), token_type=TokenType.USER, owner=alice, now=NOW)
        assert "does not apply to a User token" in form.non_field_errors()[0]

    @pytest.mark.parametrize("text", ["<script>alert(1)</script>", "שלום عالم", "=1+1", "🌞"])
    def test_any_text_is_kept_as_it_is(self, alice, text):
        form = data_form(alice, name=text)
        assert form.is_valid()
        assert form.cleaned_data["draft"].name == text


class TestAllOrOnly:
    @pytest.mark.parametrize("scope", [{}, {"source_ids_scope": "only"}, {"source_ids_scope": "all"}])
    def test_naming_something_restricts_the_token(self, alice, scope):
        assert policy_of(data_form(alice, source_ids="a", **scope)).source_ids == ("a",)

    def test_only_these_without_any_is_refused(self, alice):
        form = data_form(alice, node_ids_scope="only")
        assert "Enter at least one" in form.errors["node_ids"][0]

    def test_all_lifts_a_restriction_whose_values_were_left(self, alice):
        edited = token(alice, policy=Policy(source_ids=("a", "b")))
        assert policy_of(data_form(alice, edited, source_ids="a\nb", source_ids_scope="all")).source_ids is None

    def test_all_beside_new_entries_is_an_error(self, alice):
        edited = token(alice, policy=Policy(source_ids=("a", "b")))
        form = data_form(alice, edited, source_ids="a, c", source_ids_scope="all")
        assert "chose all" in form.errors["source_ids"][0]


class TestExpiry:
    def test_a_quick_choice_is_the_day_that_it_showed(self, alice):
        assert policy_of(data_form(alice, not_after_choice="2026-11-30")).not_after == last_instant_of(date(2026, 11, 30))

    def test_a_date_beside_never_counts_because_never_is_the_default(self, alice):
        form = data_form(alice, not_after_choice="never", not_after="2026-12-31")
        assert policy_of(form).not_after == last_instant_of(date(2026, 12, 31))

    def test_a_choice_and_another_date_are_an_error(self, alice):
        form = data_form(alice, not_after_choice="2026-11-30", not_after="2027-01-01")
        assert "1 Jan 2027" in form.errors["not_after"][0]

    def test_a_date_is_required_if_it_is_chosen(self, alice):
        assert "The date is missing" in data_form(alice, not_after_choice="date").errors["not_after"][0]

    def test_never_lifts_an_expiry_whose_date_was_left(self, alice):
        edited = token(alice, policy=Policy(not_after=last_instant_of(date(2099, 1, 1))))
        assert policy_of(data_form(alice, edited, not_after_choice="never", not_after="2099-01-01")).not_after is None

    def test_today_is_not_past(self, alice):
        assert policy_of(data_form(alice, not_after="2026-11-23")).not_after == last_instant_of(date(2026, 11, 23))

    def test_an_unchanged_date_keeps_its_exact_instant(self, alice):
        instant = last_instant_of(date(2099, 1, 1)) - 4321
        edited = token(alice, policy=Policy(not_after=instant))
        assert policy_of(data_form(alice, edited, not_after="2099-01-01", not_after_choice="date")).not_after == instant

    def test_an_expiry_that_has_passed_may_stay_when_the_name_changes(self, alice):
        past = NOW - timedelta(days=10)
        edited = token(alice, now=past, policy=Policy(not_after=last_instant_of(past.date())))
        form = data_form(alice, edited, name="New", not_after=past.date().isoformat(), not_after_choice="date")
        assert policy_of(form) == edited.read_policy()


class TestEditing:
    def test_what_is_left_out_stays(self, alice):
        policy = Policy(
            api_paths=("/datum/**",),
            not_after=4_102_444_800_123,
            min_aggregation=Aggregation.DAY,
            node_ids=(101,),
            refresh_allowed=True,
            source_ids=("a",),
        )
        edited = token(alice, name="Old", policy=policy)
        form = data_form(alice, edited, name="New")
        assert policy_of(form) == policy
        assert form.cleaned_data["draft"].name == "New"

    def test_a_level_that_is_not_offered_may_stay(self, alice):
        edited = token(alice, policy=Policy(min_aggregation=Aggregation.YEAR))
        assert policy_of(data_form(alice, edited, min_aggregation="Year")).min_aggregation is Aggregation.YEAR

    def test_a_node_that_left_the_account_is_shown_and_never_becomes_every_node(self, alice):
        gone = NodeFactory(owner=alice, node_id=103)
        edited = token(alice, policy=Policy(node_ids=(103,)))
        gone.delete()
        form = TokenForm(token_type=TokenType.DATA, owner=alice, now=NOW, token=edited)
        assert ("103", "103 – no longer in your account") in form.fields["node_ids"].choices
        assert policy_of(data_form(alice, edited, source_ids="a")).node_ids == (103,)
        assert not data_form(alice, edited, node_ids_scope="only").is_valid()


class TestTheLayout:
    def checked(self, form, name: str) -> list[str]:
        return re.findall(rf'name="{name}" value="([^"]*)" id="[^"]*" checked', render_crispy_form(form))

    def test_every_field_is_shown_once(self, alice):
        form = data_form(alice)
        shown = re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', render_crispy_form(form))
        others = [name for name in shown if name != "node_ids" and not name.endswith(("_scope", "_choice"))]
        assert sorted(others) == sorted(set(form.fields) - {"node_ids"})

    def test_the_first_group_with_an_error_is_open(self, alice):
        html = render_crispy_form(data_form(alice, min_aggregation="?", api_paths="no"))
        assert re.findall(r'id="([\w-]+)" data-panel data-open', html) == ["panel-aggregate"]

    def test_all_is_the_default(self, alice):
        form = TokenForm(token_type=TokenType.DATA, owner=alice, now=NOW)
        assert self.checked(form, "source_ids_scope") == ["all"]

    def test_values_beside_all_are_shown_as_only_these(self, alice):
        assert self.checked(data_form(alice, source_ids="a", source_ids_scope="all"), "source_ids_scope") == ["only"]

    def test_all_stays_if_the_owner_lifts_a_restriction(self, alice):
        edited = token(alice, policy=Policy(source_ids=("a",)))
        assert self.checked(data_form(alice, edited, source_ids="a", source_ids_scope="all"), "source_ids_scope") == ["all"]

    def test_a_date_beside_never_is_shown_as_a_date(self, alice):
        form = data_form(alice, not_after="2099-12-31", not_after_choice="never")
        assert self.checked(form, "not_after_choice") == ["date"]

    @pytest.mark.parametrize(("count", "offered"), [(8, False), (9, True)])
    def test_a_search_is_offered_among_many_nodes_only(self, alice, count, offered):
        for number in range(count):
            NodeFactory(owner=alice, node_id=500 + number)
        assert ("data-node-filter" in render_crispy_form(data_form(alice))) is offered

    def test_an_error_names_its_field_in_the_summary_and_beside_it(self, alice):
        html = render_crispy_form(data_form(alice, api_paths="no"))
        assert '<a href="#id_api_paths">API Paths</a>' in html
        assert 'id="id_api_paths_error"' in html

    def test_a_plain_form_shows_an_error_beside_its_field_alone(self):
        assert 'role="alert"' not in render_crispy_form(TryoutForm({"path": "x" * 3000}))


class TestOtherForms:
    def test_a_rotation_waits_for_the_first_use_by_default(self):
        assert RotateForm()["grace"].value() == Grace.FIRST_USE.value

    @pytest.mark.parametrize("grace", ["", "forever", "\x00"])
    def test_an_unknown_grace_is_refused(self, grace):
        assert not RotateForm({"grace": grace}).is_valid()

    def test_an_empty_form_is_no_trial(self):
        form = TryoutForm({})
        assert form.is_valid()
        assert form.cleaned_data["trial"] is None

    def test_a_short_path_is_completed(self):
        form = TryoutForm({"path": "/datum/list?x=ä", "node": "1,2", "aggregation": "Hour"})
        assert form.is_valid()
        trial = form.cleaned_data["trial"]
        assert trial.raw_path == "/solarquery/api/v1/sec/datum/list"
        assert trial.query == "x=%C3%A4&nodeIds=1%2C2&aggregation=Hour"

    @pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 3000])
    def test_invalid_characters_are_reported(self, value):
        assert not TryoutForm({"path": value}).is_valid()
