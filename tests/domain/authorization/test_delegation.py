"""No token makes a stronger one: the rules that each change through the API is checked against."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.delegation import (
    outlives,
    refuse_change,
    refuse_enabling,
    refuse_itself,
    refuse_new,
    refuse_raise,
)
from tokens.domain.policies.policy import Policy

END = 1_795_514_400_000  # 2026-11-24T10:00:00Z
LASTING, MORTAL, REFRESHING = Policy(), Policy(not_after=END), Policy(not_after=END, refresh_allowed=True)

instants = st.one_of(st.none(), st.integers(0, 2**41))
policies = st.builds(Policy, not_after=instants, refresh_allowed=st.booleans(), source_ids=st.sampled_from([None, ("/a",)]))


def rule(denial):
    return denial and denial.rule


def test_a_holder_restricted_by_api_paths_changes_nothing_and_gets_the_paths():
    denial = refuse_change(Policy(api_paths=("/a", "/b", "/c", "/d")))
    assert (denial.rule, denial.value, denial.entry) == ("apiPaths", "", "/a, /b, /c")


@pytest.mark.parametrize("holder", [LASTING, REFRESHING])
def test_a_holder_without_api_paths_may_change_something(holder):
    assert refuse_change(holder) is None


@pytest.mark.parametrize(("token_id", "refused"), [("a", True), ("A", False), ("", False), ("aa", False)])
def test_a_holder_never_changes_itself(token_id, refused):
    denial = refuse_itself("a", token_id)
    assert (rule(denial) == "self") is refused
    assert (denial is None) is not refused


@pytest.mark.parametrize(
    ("ends", "holder", "result"),
    [
        (END - 1, MORTAL, False),
        (END, MORTAL, False),
        (END + 1, MORTAL, True),
        (None, MORTAL, True),
        (None, LASTING, False),
        (END, LASTING, False),
        (0, Policy(not_after=0), False),
        (1, Policy(not_after=0), True),
    ],
)
def test_a_token_outlives_another_when_it_ends_later_or_never(ends, holder, result):
    assert outlives(Policy(not_after=ends), holder) is result


@pytest.mark.parametrize(("ends", "expiry"), [(END + 1, "2026-11-24T10:00:00.001Z"), (None, "never expires")])
def test_the_refusal_names_both_expiries(ends, expiry):
    denial = refuse_new(MORTAL, Policy(not_after=ends))
    assert (denial.rule, denial.value, denial.entry) == ("notAfter", expiry, "2026-11-24T10:00:00.000Z")
    assert f"set notAfter to {END} or earlier" in denial.message


@given(holder=policies, new=policies)
def test_what_an_expiring_holder_creates_expires_with_it_and_refreshes_only_if_it_does(holder, new):
    is_stronger = outlives(new, holder) or (new.refresh_allowed and not holder.refresh_allowed)
    assert (refuse_new(holder, new) is not None) == (holder.not_after is not None and is_stronger)


@pytest.mark.parametrize(
    ("holder", "before", "after", "refused"),
    [
        (MORTAL, Policy(source_ids=("/a",)), Policy(), "notAfter"),
        (MORTAL, Policy(not_after=END + 1), Policy(not_after=END + 2), "notAfter"),
        (MORTAL, Policy(not_after=END + 2), Policy(not_after=END + 1), None),
        (MORTAL, Policy(), Policy(source_ids=("/a",)), None),
        (MORTAL, MORTAL, Policy(not_after=END + 1), "notAfter"),
        (MORTAL, Policy(source_ids=("/a",)), MORTAL, None),
        (MORTAL, MORTAL, REFRESHING, "refreshAllowed"),
        (MORTAL, REFRESHING, REFRESHING, None),
        (MORTAL, REFRESHING, MORTAL, None),
        (REFRESHING, MORTAL, REFRESHING, None),
        (LASTING, Policy(source_ids=("/a",)), Policy(refresh_allowed=True), None),
    ],
)
def test_an_expiring_holder_widens_none_that_outlives_it(holder, before, after, refused):
    assert rule(refuse_raise(holder, before, after)) == refused


@given(holder=policies, target=policies)
def test_none_is_enabled_that_outlives_the_holder(holder, target):
    assert (rule(refuse_enabling(holder, target)) == "notAfter") == outlives(target, holder)


def test_a_refused_grant_names_the_value_that_was_requested():
    denial = refuse_raise(MORTAL, MORTAL, REFRESHING)
    assert (denial.rule, denial.value, denial.entry) == ("refreshAllowed", "true", "")
