"""A stored policy has a mark that says it was checked; what was changed past the models is checked again."""

from django.core.management import call_command

from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.stored import RULES, mark_of
from tokens.models import SecurityToken
from tokens.services import marking
from tokens.services.audit import Actor
from tokens.services.lifecycle.changes import replace_policy
from tokens.services.signed_requests import judging

POLICY = Policy(source_ids=("/a/*",), node_ids=(102, 101), api_paths=("/datum/**",), refresh_allowed=True)


def is_marked(token: SecurityToken) -> bool:
    """Whether the mark is that of the text as this database shows it to who judges a request."""
    (row,) = judging._fetch(token.token_id)
    return row.policy_mark == mark_of(row.policy) != RULES


def test_a_new_policy_is_marked(alice):
    assert is_marked(make_token(alice, policy=POLICY))


def test_so_is_the_empty_one(alice):
    assert is_marked(make_token(alice))


def test_a_changed_policy_is_marked_again(alice, clock):
    token = make_token(alice, policy=POLICY)
    replace_policy(token, Policy(source_ids=("/b",)), actor=Actor(label="alice"), now=clock)
    assert is_marked(token)


def test_tokens_that_are_stored_together_are_marked(alice):
    made = make_token(alice, policy=POLICY)
    (copy,) = SecurityToken.objects.bulk_create(
        [SecurityToken(token_id="another", owner=alice, type=made.type, policy=made.policy)]
    )
    assert is_marked(copy)


def test_what_is_changed_past_the_models_is_read_as_it_is(alice):
    token = make_token(alice, policy=POLICY)
    SecurityToken.objects.filter(pk=token.pk).update(policy={"sourceIds": ["/c"]})
    (row,) = judging._fetch(token.token_id)
    assert judging._read_policy(row.policy, row.policy_mark) == Policy(source_ids=("/c",))


def test_and_allows_nothing_if_it_is_none(alice):
    token = make_token(alice, policy=POLICY)
    SecurityToken.objects.filter(pk=token.pk).update(policy={"sourceIds": []})
    (row,) = judging._fetch(token.token_id)
    assert judging._read_policy(row.policy, row.policy_mark) is None


def test_a_policy_that_takes_a_closer_look_is_not_looked_at_every_day(alice):
    make_token(alice, policy=Policy(source_ids=("/münchen/*",)))
    assert list(marking.mark_policies()) == []


def test_what_is_no_policy_is_stored_without_one_and_allows_nothing(alice):
    token = make_token(alice)
    token.policy = "a text that is longer than any mark, which has 40 characters"
    token.save()
    (row,) = judging._fetch(token.token_id)
    assert row.policy_mark == RULES
    assert judging._read_policy(row.policy, row.policy_mark) is None


def test_tidying_marks_what_other_rules_have_marked(alice, capsys, monkeypatch):
    monkeypatch.setattr(marking, "BATCH", 2)
    tokens = [make_token(alice, policy=POLICY) for _ in range(3)]
    SecurityToken.objects.filter(pk__in=[token.pk for token in tokens]).update(policy_mark=None)
    call_command("tidy")
    assert "Marked 3 policies" in capsys.readouterr().out
    assert all(map(is_marked, tokens))
