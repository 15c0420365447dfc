"""The running portal, each proxy in front of a small service, and what a test expects of an answer."""

from collections.abc import Iterator

import pytest

from tests.gateways.proxies import PROXIES, Echo, Gateway, gateway_of, serving
from tests.running import portal

__all__ = ["portal"]


@pytest.fixture(scope="session")
def upstream() -> Iterator[int]:
    """The port of a service that echoes what reached it."""
    with serving(Echo) as port:
        yield port


@pytest.fixture(scope="session", params=PROXIES)
def gateway(request, portal, upstream, tmp_path_factory) -> Iterator[Gateway]:
    """Each proxy in turn, with its example."""
    with gateway_of(request.param, portal, upstream, tmp_path_factory.mktemp(request.param)) as running_gateway:
        yield running_gateway
