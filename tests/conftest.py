"""The cast: alice owns, bob is a stranger, carol is staff."""

from datetime import UTC, datetime

import hypothesis
import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.factories import NodeFactory, UserFactory
from tokens.services.signed_requests.request_log import request_log
from tokens.services.signed_requests.use_log import use_log
from tokens.services.use.counting import use_counter

# No test asserts on wall-clock time, hypothesis' own deadlines included: a busy machine is no bug.
hypothesis.settings.register_profile(
    "portal", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("portal")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="run only the tests that use the database of the test run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, if asked to, what a second database cannot change: rules, documents, portals on a database of their own."""
    if not config.getoption("--database-only"):
        return
    left_out = [item for item in items if not _uses_database(item)]
    items[:] = [item for item in items if _uses_database(item)]
    config.hook.pytest_deselected(items=left_out)


def _uses_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or "db" in getattr(item, "fixturenames", ())


@pytest.fixture
def alice(db) -> User:
    """The owner, with nodes 101 and 102."""
    user = UserFactory(email="alice@example.org")
    NodeFactory(owner=user, node_id=101, name="Roof")
    NodeFactory(owner=user, node_id=102, name="Barn")
    return user


@pytest.fixture
def bob(db) -> User:
    """A stranger, with node 201."""
    user = UserFactory(email="bob@example.org")
    NodeFactory(owner=user, node_id=201, name="Shed")
    return user


@pytest.fixture
def carol(db) -> User:
    """An administrator."""
    return UserFactory(email="carol@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def alice_client(alice: User) -> Client:
    """A browser in which alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def bob_client(bob: User) -> Client:
    """A browser in which bob is signed in."""
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def carol_client(carol: User) -> Client:
    """A browser in which carol is signed in."""
    client = Client()
    client.force_login(carol)
    return client


@pytest.fixture
def clock() -> datetime:
    """The instant of the test."""
    return datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clear_process_state() -> None:
    """Clear what the process remembers between requests: rate limits, uses and refusals."""
    cache.clear()
    use_log.clear()
    use_counter.clear()
    request_log.clear()
