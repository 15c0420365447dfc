"""What the services' tests share."""

import pytest

from tokens.services.signed_requests import use_log


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Let no test see what another one has noted in this process."""
    use_log.forget()
    yield
    use_log.forget()
