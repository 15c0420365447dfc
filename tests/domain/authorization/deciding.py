"""What the tests of the data policy ask of `decide_data`."""

from datetime import UTC, datetime

from tokens.domain.authorization.data_rules import decide_data
from tokens.domain.authorization.rules import AccessRequest
from tokens.domain.outcomes import Allowed
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

LIST = "/solarquery/api/v1/sec/datum/list"
META = "/solarquery/api/v1/sec/datum/meta"


def access(policy, *, path=LIST, query="", token_type=TokenType.DATA, nodes=None):
    return AccessRequest(token_type, policy, "GET", path, query, datetime(2026, 11, 24, tzinfo=UTC), nodes)


def decide(query="", *, path=LIST, method="GET", nodes=None, **policy):
    return decide_data(Policy(**policy), raw_path=path, query=query, method=method, account_nodes=nodes)


def nodes_of(*args, **kwargs):
    outcome = decide(*args, **kwargs)
    return outcome.effective.node_ids if isinstance(outcome, Allowed) else outcome


def sources_of(*args, **kwargs):
    outcome = decide(*args, **kwargs)
    return outcome.effective.source_ids if isinstance(outcome, Allowed) else outcome
