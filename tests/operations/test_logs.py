"""The log: which request a line belongs to, as lines or as JSON, never with a private password."""

import io
import json
import logging
import re

import pytest
from gunicorn.config import Config

from solarnet_portal.operations.access_log import JsonLogger
from solarnet_portal.operations.logs import AddRequestId, JsonFormatter, logging_settings, request_id
from solarnet_portal.operations.requests import IN_ENVIRONMENT, find_identifier
from tests.running import running_portal
from tokens.domain.secrets.credentials import make_secret


@pytest.fixture
def written():
    """Return what a logger with the JSON formatter has written, each line read; the logger comes with it."""
    # Of a request of another test.
    request_id.set("")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(AddRequestId())
    logger = logging.Logger("tokens.planted")
    logger.addHandler(handler)
    return logger, lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


class TestJson:
    def test_a_line_is_an_object(self, written):
        logger, lines = written
        logger.warning("Größe %s", 5)
        (line,) = lines()
        assert (line["event"], line["level"], line["logger"]) == ("Größe 5", "warning", "tokens.planted")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["timestamp"])

    def test_it_names_its_request(self, written):
        logger, lines = written
        name = request_id.set("abc12345")
        logger.info("within")
        request_id.reset(name)
        logger.info("outside")
        assert [line.get("request_id") for line in lines()] == ["abc12345", None]

    def test_a_traceback_is_in_its_line_and_cleansed(self, written):
        logger, lines = written
        secret = make_secret()
        try:
            raise ValueError(secret)
        except ValueError:
            logger.exception("Failed with %s", secret)
        (line,) = lines()
        assert "ValueError" in line["exception"]
        assert secret not in str(line)

    def test_the_access_log_is_too(self):
        class Response:
            status, sent, headers = "200 OK", 5, []

        secret = make_secret()
        log = JsonLogger(Config())
        log.cfg.set("accesslog", "-")
        log.setup(log.cfg)
        log.access_log.handlers[0].setStream(stream := io.StringIO())
        environ = {"RAW_URI": "/", "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "192.0.2.1"}
        environ |= {"PATH_INFO": "/tokens/", "QUERY_STRING": f"q={secret}", IN_ENVIRONMENT: "abc12345"}

        class Took:
            seconds, microseconds = 0, 1500

        log.access(Response(), {}, environ, Took())
        line = json.loads(stream.getvalue())
        assert (line["path"], line["status"], line["request_id"], line["milliseconds"]) == ("/tokens/", "200", "abc12345", 1)
        assert secret not in stream.getvalue()

    def test_the_library_is_not_imported_for_lines(self):
        assert "JsonFormatter" not in str(logging_settings("INFO", "line"))


class TestRequestId:
    @pytest.fixture
    def identify(self, rf):
        return lambda **meta: find_identifier(rf.get("/healthz", **meta))

    def test_each_request_has_its_own(self, identify):
        first, second = identify(), identify()
        assert re.fullmatch("[0-9a-f]{16}", first)
        assert first != second

    def test_a_trusted_proxy_gives_it(self, identify, settings):
        settings.TRUSTED_PROXIES = ["127.0.0.1"]
        assert identify(HTTP_X_REQUEST_ID="from-the-proxy") == "from-the-proxy"

    @pytest.mark.parametrize("given", ["short", "x" * 65, "with space", "a\r\nSet-Cookie: b"])
    def test_what_is_no_identifier_is_not_taken(self, identify, settings, given):
        settings.TRUSTED_PROXIES = ["127.0.0.1"]
        assert identify(HTTP_X_REQUEST_ID=given) != given

    def test_a_client_gives_none(self, identify):
        assert identify(HTTP_X_REQUEST_ID="from-a-client") != "from-a-client"

    def test_an_answer_without_a_failure_does_not_tell_it(self, client):
        assert "X-Request-ID" not in client.get("/healthz")

    def test_the_page_of_a_failure_names_it(self, client, db, monkeypatch):
        client.raise_request_exception = False

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("allauth.account.views.LoginView.get", fail)
        response = client.get("/accounts/login/")
        assert response.status_code == 500
        assert response["X-Request-ID"] in response.content.decode()


@pytest.mark.slow
def test_a_server_writes_nothing_but_json(tmp_path):
    settings = {"PORTAL_LOG_FORMAT": "json", "PORTAL_ACCESS_LOG": "yes", "PORTAL_LOG_LEVEL": "INFO"}
    with running_portal(tmp_path, **settings) as portal:
        portal.send("GET", "/solaruser/api/v1/sec/user/auth-tokens", token="data")
        portal.send("GET", "/solaruser/nothing")
    lines = (tmp_path / "gunicorn.log").read_text().splitlines()
    assert lines
    read = [json.loads(line) for line in lines]
    refused = next(line for line in read if line["event" if "event" in line else "path"].startswith("Forbidden"))
    assert len(refused["request_id"]) == 16
    assert {len(line["request_id"]) for line in read if line["logger"] == "access"} == {16}
