"""Whether an edit makes anything possible: proven, or shown by a request that the rules really allow."""

import itertools
import random
from datetime import UTC, datetime

import pytest

from tokens.domain.authorization.rules import AccessRequest, authorize
from tokens.domain.matching.texts import matches
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.rehearsal.languages import Language, find_outside
from tokens.domain.rehearsal.proof import Account, Unproven, find_new_access

ACCOUNT = Account(nodes=(101, 102), sources=("/pv/1", "/meter/1"), paths=("/datum/list",))
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def new(before, after, token_type=TokenType.DATA):
    found = find_new_access(before, after, token_type, ACCOUNT)
    return found and (found.attribute, str(found.text))


class TestNothingNew:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (Policy(), Policy()),
            (Policy(), Policy(api_paths=("/datum/**",), node_ids=(101,), source_ids=("a",), min_aggregation=Aggregation.DAY)),
            (Policy(api_paths=("/datum/**",)), Policy(api_paths=("/datum/list", "/datum/*/x"))),
            (Policy(api_paths=("/a/**", "!/a/x")), Policy(api_paths=("/a/y",))),
            (Policy(source_ids=("/a*", "/b*")), Policy(source_ids=("/ab", "/b?"))),
            (Policy(node_ids=(101, 102)), Policy(node_ids=(102,))),
            (Policy(min_aggregation=Aggregation.HOUR), Policy(min_aggregation=Aggregation.HOUR_OF_DAY)),
            (Policy(not_after=10), Policy(not_after=9)),
            (Policy(refresh_allowed=True), Policy()),
            (Policy(node_metadata_paths=("/m/**",)), Policy(node_metadata_paths=("/m/a",))),
            # Only both entries together cover the new one.
            (Policy(source_ids=("/a/*", "/*/?")), Policy(source_ids=("/a/?",))),
        ],
    )
    def test_is_proven(self, before, after):
        assert new(before, after) is None


class TestSomethingNew:
    @pytest.mark.parametrize(
        ("before", "after", "found"),
        [
            (
                Policy(api_paths=("/datum/list",)),
                Policy(api_paths=("/datum/**",)),
                ("api_paths", "GET /solarquery/api/v1/sec/datum/mostRecent"),
            ),
            (Policy(api_paths=("/x/**", "!/x/y")), Policy(api_paths=("/x/**",)), ("api_paths", "GET /solarquery/api/v1/sec/x/y")),
            (Policy(node_ids=(101,)), Policy(), ("node_ids", "GET /solarquery/api/v1/sec/datum/list?nodeId=102")),
            (Policy(node_ids=(101, 102)), Policy(), ("node_ids", "data of every node that your account gets later")),
            (
                Policy(source_ids=("/pv/*",)),
                Policy(source_ids=("/**",)),
                ("source_ids", "GET /solarquery/api/v1/sec/datum/list?sourceId=/meter/1"),
            ),
            (Policy(not_after=0), Policy(), ("not_after", "any request after 1 Jan 1970 00:00:00 UTC")),
            (
                Policy(node_metadata_paths=("/m/a",)),
                Policy(node_metadata_paths=("/m/b",)),
                ("node_metadata_paths", "node metadata at /m/b"),
            ),
            (None, Policy(node_ids=(101,)), ("policy", "any request that the new policy allows")),
        ],
    )
    def test_is_shown_by_one_request(self, before, after, found):
        assert new(before, after) == found

    def test_a_finer_aggregation(self):
        attribute, text = new(Policy(min_aggregation=Aggregation.DAY), Policy(min_aggregation=Aggregation.HOUR))
        assert attribute == "min_aggregation"
        assert text.endswith("?aggregation=Hour")

    def test_a_grant(self):
        assert new(Policy(), Policy(refresh_allowed=True))[0] == "refresh_allowed"

    def test_a_user_token_s_paths(self):
        found = new(Policy(api_paths=("/instr/view",)), Policy(api_paths=("/instr/**",)), TokenType.USER)
        assert found[0] == "api_paths"

    def test_a_source_that_no_token_names_is_made_up(self):
        assert new(Policy(source_ids=("q*",)), Policy(source_ids=("q*", "r?")))[1].endswith("sourceId=ra")

    def test_what_takes_too_much_work_is_not_claimed(self):
        many = tuple(f"*{number}*a*b*c*{number}*" for number in range(60))
        with pytest.raises(Unproven):
            new(Policy(source_ids=many), Policy(source_ids=(*many, "*z*y*x*1*a*b*c*")))


ALPHABET = "ab/"
TEXTS = ["".join(letters) for length in range(1, 7) for letters in itertools.product(ALPHABET, repeat=length)]


def pattern(chance, *, is_rooted):
    segments = [chance.choice(["**", "*", "a", "b", "?", "a*", "*b", "ab", "a?"]) for _ in range(chance.randint(1, 3))]
    return ("/" if is_rooted or chance.random() < 0.5 else "") + "/".join(segments)


def language(chance, *, is_rooted):
    entries = tuple(pattern(chance, is_rooted=is_rooted) for _ in range(chance.randint(1, 3)))
    exclusions = tuple(pattern(chance, is_rooted=True) for _ in range(chance.randint(0, 2))) if is_rooted else ()
    return Language(entries, exclusions)


def allows(language, text):
    return any(matches(entry, text) for entry in language.entries) and not any(matches(one, text) for one in language.exclusions)


@pytest.mark.slow
@pytest.mark.parametrize("is_rooted", [True, False])
def test_five_hundred_pairs_of_lists_agree_with_brute_force_over_every_short_text(is_rooted):
    chance = random.Random(20261125 + is_rooted)
    texts = [text for text in TEXTS if not is_rooted or (text.startswith("/") and all(text.split("/")[1:]))]
    claimed = 0
    for _ in range(500):
        inner, outer = (language(chance, is_rooted=is_rooted) for _ in range(2))
        found = find_outside(inner, outer, is_real=bool, is_path=is_rooted)
        if found is None:
            claimed += 1
            wrong = [text for text in texts if allows(inner, text) and not allows(outer, text)]
            assert wrong == [], (inner, outer)
        else:
            assert allows(inner, found), (inner, outer, found)
            assert not allows(outer, found), (inner, outer, found)
    assert 20 < claimed < 450


PATHS = ("/a", "/a/b", "/b", "/datum/list", "/a/x/b")
SOURCES = ("/a", "/b", "/a/b", "a", "b", "ab")
# A thousand pairs over 10,000 requests each took minutes and agreed as well.
PAIRS = 300
LEVELS = (None, Aggregation.MINUTE, Aggregation.HOUR, Aggregation.DAY, Aggregation.MONTH)


def random_policy(chance):
    def maybe(make):
        return make() if chance.random() < 0.6 else None

    paths = language(chance, is_rooted=True)
    return Policy(
        api_paths=maybe(lambda: (*paths.entries, *(f"!{one}" for one in paths.exclusions))),
        node_ids=maybe(lambda: tuple(sorted(chance.sample((101, 102, 103), chance.randint(1, 3))))),
        source_ids=maybe(lambda: language(chance, is_rooted=False).entries),
        min_aggregation=chance.choice(LEVELS),
        refresh_allowed=chance.random() < 0.5 or None,
        not_after=chance.choice([None, 2_000_000_000_000, 2_100_000_000_000]),
    )


def outcome(policy, path, node, source, level, now):
    query = "&".join([f"nodeId={node}", f"sourceId={source}", *([f"aggregation={level}"] if level else [])])
    request = AccessRequest(
        token_type=TokenType.DATA, policy=policy, method="GET", raw_path=f"/solarquery/api/v1/sec{path}", query=query, now=now,
        account_nodes=frozenset((101, 102, 103)), is_enabled=True, is_owner_active=True,
    )  # fmt: skip
    found = authorize(request)
    return None if found.denial else (found.effective.aggregation.level if found.effective.aggregation else 0)


@pytest.mark.slow
def test_pairs_of_policies_agree_with_the_judge_over_every_request_of_a_small_world():
    chance = random.Random(11)
    account = Account(nodes=(101, 102, 103), sources=SOURCES, paths=PATHS)
    instants = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)]
    space = list(itertools.product(PATHS, (101, 102, 103, 999), SOURCES, LEVELS, instants))
    proven = 0
    for number in range(PAIRS):
        before = random_policy(chance)
        # Half of the edits take something away, so that many are proven.
        after = random_policy(chance) if number % 2 else Policy(**{**_fields(before), **_narrower(before, chance)})
        try:
            found = find_new_access(before, after, TokenType.DATA, account)
        except Unproven:
            continue
        if found is not None:
            continue
        proven += 1
        for request in space:
            allowed = outcome(after, *request)
            if allowed is not None:
                had = outcome(before, *request)
                assert had is not None, (before, after, request)
                assert allowed >= had, (before, after, request)
    assert proven > PAIRS // 4


def _fields(policy):
    names = ("api_paths", "node_ids", "source_ids", "min_aggregation", "refresh_allowed", "not_after")
    return {name: getattr(policy, name) for name in names}


def _narrower(policy, chance):
    choice = chance.randint(0, 3)
    if choice == 0:
        return {"node_ids": (policy.node_ids or (101, 102))[:1]}
    if choice == 1:
        return {"min_aggregation": Aggregation.MONTH, "refresh_allowed": None}
    if choice == 2 and policy.source_ids:
        return {"source_ids": policy.source_ids[:1]}
    return {"not_after": 1_900_000_000_000}
