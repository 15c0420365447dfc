"""An implementation that is not ours agrees, over some hundred requests; `oracle.py` compares as many as one likes."""

import pytest

from tests.domain.signing.rfc9421.oracle import compare


@pytest.fixture(scope="module")
def outcomes():
    # Raises where the two differ.
    return compare(600, seed=2026)


@pytest.mark.parametrize("signer", ["ours", "library"])
def test_both_accept_what_either_signed(outcomes, signer):
    assert outcomes[f"unchanged, signed by {signer}: both accept"] > 60


@pytest.mark.parametrize("signer", ["ours", "library"])
def test_both_refuse_most_changes_and_ours_accepts_none_that_the_library_refuses(outcomes, signer):
    assert outcomes[f"changed, signed by {signer}: both refuse"] > 60


def test_both_accept_a_change_that_means_nothing(outcomes):
    assert sum(number for name, number in outcomes.items() if name.startswith("changed") and name.endswith("both accept")) > 10
