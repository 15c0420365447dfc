"""The signature debugger: what a signed request may do. No test here may touch the database."""

import pytest

from tests.commands.conftest import NOW, last_step

LIST = "/solarquery/api/v1/sec/datum/list"


class TestStatus:
    def test_a_disabled_token_is_denied(self, explain):
        explanation = explain(status="Disabled")
        assert (explanation["outcome"], explanation["status"], explanation["code"]) == ("denied", 403, "TOKEN_DISABLED")

    @pytest.mark.parametrize(("now", "allowed"), [("2026-11-24T09:30:00.123Z", True), ("2026-11-24T09:30:00.124Z", False)])
    def test_a_token_works_until_its_last_instant(self, explain, now, allowed):
        explanation = explain(now=now, policy={"notAfter": int(NOW.timestamp() * 1000) + 123})
        assert explanation["code"] == ("OK" if allowed else "TOKEN_EXPIRED")

    def test_disabled_comes_before_expired(self, explain):
        assert explain(status="Disabled", policy={"notAfter": 0})["code"] == "TOKEN_DISABLED"

    @pytest.mark.parametrize("policy", [None, {}, {"nodeIds": None}, {"minAggregation": "None"}, {"refreshAllowed": False}])
    def test_what_is_not_set_restricts_nothing(self, explain, policy):
        assert explain(policy=policy)["outcome"] == "allowed"

    @pytest.mark.parametrize(
        "policy",
        [
            {"nodeIds": []},
            {"nodes": [1]},
            {"nodeIds": "1"},
            {"refreshAllowed": "true"},
            {"minAggregation": "Second"},
            [],
            "",
            0,
            False,
        ],
    )
    def test_a_policy_that_cannot_be_read_denies_everything(self, explain, policy):
        explanation = explain(policy=policy)
        assert (explanation["status"], explanation["code"]) == (403, "POLICY_UNREADABLE")

    def test_a_restriction_that_does_not_apply_to_the_type_denies_everything(self, explain):
        explanation = explain(type="User", policy={"nodeIds": [1]})
        assert explanation["code"] == "POLICY_UNREADABLE"
        assert "nodeIds" in explanation["steps"][-1]["detail"]


class TestTheType:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_a_data_token_only_reads(self, explain, method):
        assert explain(method=method)["code"] == "TYPE_NOT_ALLOWED"

    @pytest.mark.parametrize("path", ["/solaruser/api/v1/sec/nodes", "/solarUSER/x", "/%73olaruser/x", "/x/..//solaruser/y"])
    def test_a_data_token_cannot_use_solaruser(self, explain, path):
        assert explain(url=path)["code"] == "TYPE_NOT_ALLOWED"

    def test_a_user_token_may_use_every_method(self, explain):
        assert explain(method="DELETE", url="/solaruser/api/v1/sec/nodes?x=1", type="User")["outcome"] == "allowed"


class TestApiPaths:
    @pytest.mark.parametrize(
        ("entries", "path", "allowed"),
        [
            (["/datum/**"], LIST, True),
            (["/datum/*"], LIST, True),
            (["/datum"], LIST, False),
            (["/Datum/**"], LIST, False),
            (["/datum/**", "!/datum/list"], LIST, False),
            (["!/nodes"], LIST, True),
            (["!/nodes", "!/datum/list"], LIST, False),
            (["/datum/**"], "/solarquery/api/v1/pub/datum/list", True),
            (["/datum/**"], "/solarquery/api/v1/sec/datum%2Flist", False),
            (["/**"], "/solarquery/api/v1/sec/datum/../nodes", False),
            (["/**"], "/solarquery/api/v1/sec//datum", False),
            (["/**"], "/solarquery/datum/list", False),
            (["/datum/l?st"], "/solarquery/api/v1/sec/datum/%6Cist", True),
        ],
    )
    def test_an_entry_decides(self, explain, entries, path, allowed):
        explanation = explain(url=path, policy={"apiPaths": entries})
        assert explanation["code"] == ("OK" if allowed else "API_PATH_NOT_ALLOWED")

    def test_the_step_names_the_entry_that_excluded(self, explain):
        assert "!/datum/list" in explain(policy={"apiPaths": ["!/datum/list"]})["steps"][-1]["detail"]


class TestTheDataPolicy:
    @pytest.mark.parametrize(
        ("requested", "policy", "account", "effective"),
        [
            ("?nodeId=1", [1, 2], None, [1]),
            ("?nodeIds=1,2,3", [2, 1], None, [1, 2]),
            ("?nodeId=1&nodeId=3", [1], None, [1]),
            ("", [2, 1], None, [2, 1]),
            ("", [2, 1], [1, 9], [1]),
            ("", None, [9, 1], [1, 9]),
            ("?nodeId=9", None, [1, 9], [9]),
            ("", None, None, None),
            ("?nodeId=7", None, None, [7]),
        ],
    )
    def test_the_nodes_that_are_left(self, explain, requested, policy, account, effective):
        explanation = explain(url=f"{LIST}{requested}", policy={"nodeIds": policy}, nodes=account)
        assert (explanation["outcome"], explanation["effective"]["nodeIds"]) == ("allowed", effective)

    @pytest.mark.parametrize(
        ("requested", "policy", "account"),
        [
            ("?nodeId=3", [1], None),
            ("?nodeId=3", None, [1]),
            ("", [3], [1]),
            ("", None, []),
            ("?nodeId=x", None, None),
            ("?nodeId=", [1], None),
            ("?nodeId=-1", None, None),
        ],
    )
    def test_no_node_left_is_a_denial(self, explain, requested, policy, account):
        explanation = explain(url=f"{LIST}{requested}", policy={"nodeIds": policy}, nodes=account)
        assert (explanation["status"], explanation["code"]) == (403, "DATA_NOT_ALLOWED")
        assert explanation["effective"]["nodeIds"] is None

    def test_a_node_in_the_path_counts(self, explain):
        assert explain(url="/solarquery/api/v1/sec/datum/meta/3", policy={"nodeIds": [1]})["code"] == "DATA_NOT_ALLOWED"

    @pytest.mark.parametrize(
        ("requested", "effective"),
        [
            ("", ["/inverter/*", "/meter/1"]),
            ("?sourceId=/inverter/7", ["/inverter/7"]),
            ("?sourceIds=/inverter/7,/other", ["/inverter/7"]),
            ("?sourceId=%2Finverter%2F%2A", ["/inverter/*"]),
            ("?sourceId=/meter/*", ["/meter/1"]),
        ],
    )
    def test_the_sources_that_are_left(self, explain, requested, effective):
        explanation = explain(url=f"{LIST}{requested}", policy={"sourceIds": ["/inverter/*", "/meter/1"]})
        assert explanation["effective"]["sourceIds"] == effective

    @pytest.mark.parametrize("requested", ["?sourceId=/other", "?sourceId=/Inverter/1", "?sourceId=", "?sourceId=/inverter/1/2"])
    def test_no_source_left_is_a_denial(self, explain, requested):
        explanation = explain(url=f"{LIST}{requested}", policy={"sourceIds": ["/inverter/*", "/meter/1"]})
        assert explanation["code"] == "DATA_NOT_ALLOWED"

    @pytest.mark.parametrize(
        ("requested", "minimum", "effective"),
        [
            ("", None, None),
            ("?aggregation=Hour", None, "Hour"),
            ("", "Hour", "Hour"),
            ("?aggregation=FiveMinute", "Hour", "Hour"),
            ("?aggregation=HourOfDay", "h", "HourOfDay"),
            ("?aggregation=d", "Hour", "Day"),
            ("?aggregation=Month", "Day", "Month"),
        ],
    )
    def test_the_aggregation_is_raised_to_the_minimum(self, explain, requested, minimum, effective):
        explanation = explain(url=f"{LIST}{requested}", policy={"minAggregation": minimum})
        assert explanation["effective"]["aggregation"] == effective

    def test_an_aggregation_that_cannot_be_read_is_a_denial(self, explain):
        assert explain(url=f"{LIST}?aggregation=Second")["code"] == "DATA_NOT_ALLOWED"


class TestRefreshingAKey:
    URL = "/solarquery/api/v1/sec/auth-tokens/refresh/v2?date=2026-11-24"

    @pytest.mark.parametrize("type_", ["User", "ReadNodeData"])
    @pytest.mark.parametrize(("policy", "code"), [({"refreshAllowed": True}, "OK"), ({}, "REFRESH_NOT_ALLOWED")])
    def test_only_a_grant_allows_it(self, explain, type_, policy, code):
        assert explain(url=self.URL, type=type_, policy=policy)["code"] == code

    def test_no_other_spelling_of_the_path_gets_around_the_grant(self, explain):
        explanation = explain(url="/solarquery/api/v1/sec/auth-tokens/%72efresh/v2?date=2026-11-24", type="User")
        assert explanation["code"] == "REFRESH_NOT_ALLOWED"


class TestMetadata:
    DOCUMENT = {"m": {"a": 1, "b": {"c": 2}}, "pm": {"p": {"x": 3}}}

    @pytest.mark.parametrize(
        ("paths", "kept"),
        [
            (None, DOCUMENT),
            (["/m/a"], {"m": {"a": 1}}),
            (["/m/*"], {"m": {"a": 1}}),
            (["/m/**"], {"m": {"a": 1, "b": {"c": 2}}}),
            (["/pm/*/x"], {"pm": {"p": {"x": 3}}}),
        ],
    )
    @pytest.mark.parametrize(("kind", "key"), [("node", "nodeMetadataPaths"), ("user", "userMetadataPaths")])
    def test_only_leaves_whose_path_matches_are_kept(self, explain, kind, key, paths, kept):
        explanation = explain(policy={key: paths}, metadata={"kind": kind, "document": self.DOCUMENT})
        assert (explanation["outcome"], explanation["effective"]["metadata"]) == ("allowed", kept)
        assert last_step(explanation) == (key, True)

    @pytest.mark.parametrize(("kind", "key"), [("node", "nodeMetadataPaths"), ("user", "userMetadataPaths")])
    def test_nothing_left_is_a_denial(self, explain, kind, key):
        explanation = explain(policy={key: ["/m/none"], "nodeIds": [1]}, metadata={"kind": kind, "document": self.DOCUMENT})
        assert (explanation["outcome"], explanation["status"], explanation["code"]) == ("denied", 403, "METADATA_NOT_ALLOWED")
        assert last_step(explanation) == (key, False)
        assert explanation["effective"] == {"nodeIds": None, "sourceIds": None, "aggregation": None, "metadata": None}

    def test_the_other_kinds_paths_do_not_count(self, explain):
        explanation = explain(policy={"userMetadataPaths": ["/m/a"]}, metadata={"kind": "node", "document": self.DOCUMENT})
        assert explanation["effective"]["metadata"] == self.DOCUMENT

    def test_a_denied_request_sees_no_metadata(self, explain):
        explanation = explain(status="Disabled", metadata={"kind": "node", "document": self.DOCUMENT})
        assert explanation["effective"]["metadata"] is None
