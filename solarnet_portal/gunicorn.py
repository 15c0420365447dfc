"""Gunicorn's configuration: `gunicorn --config python:solarnet_portal.gunicorn solarnet_portal.wsgi:application`."""

import logging
import os
import shutil
import tempfile
from typing import Any

import gunicorn.http.wsgi

# At least two, so that one can restart while the other serves.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# gthread, of which no thread waits for a client (docs/decisions/gunicorn.md).
worker_class = "solarnet_portal.operations.worker.PatientWorker"
threads = 4
# An invalid setting is reported once, not by every worker.
preload_app = True

# TrustedProxyMiddleware handles forwarded headers; gunicorn itself must not.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

# Above the application's own limit of 8 KB, so that the application responds to longer headers, in the envelope.
limit_request_field_size = 16_380
limit_request_fields = 100
limit_request_line = 8190

timeout = 30
graceful_timeout = 20
keepalive = 5
control_socket_disable = True
# Who attacks need not be told.
gunicorn.http.wsgi.SERVER = "SolarNet Portal"

# To standard output, without the Authorization header, cookies or bodies. What looks like one in a URL is taken out.
accesslog = "-" if os.environ.get("PORTAL_ACCESS_LOG", "").lower() in {"1", "true", "yes", "on"} else None
access_log_format = '%(t)s %(h)s "%(r)s" %(s)s %(b)s %(M)sms %({portal.request_id}e)s'
loglevel = "warning"
_is_json = os.environ.get("PORTAL_LOG_FORMAT") == "json"
# Python's own warnings too.
logging.captureWarnings(_is_json)
logger_class = f"solarnet_portal.operations.access_log.{'JsonLogger' if _is_json else 'SecretFreeLogger'}"

# Each process counts in files of its own, and whoever is asked adds them up.
_metrics_folder = ""
if os.environ.get("PORTAL_METRICS_READERS"):
    _metrics_folder = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="portal-metrics-")


def post_worker_init(worker: Any) -> None:
    """Let the new process's first connection to the database be as fast as it will be."""
    from tokens.views.lists.warming import ask_once

    ask_once()


def child_exit(server: Any, worker: Any) -> None:
    """Let the counts of a worker that has ended stay, and forget what it was just doing."""
    if _metrics_folder:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call] # the library's own


def on_exit(server: Any) -> None:
    """Remove the files of the counts."""
    if _metrics_folder:
        shutil.rmtree(_metrics_folder, ignore_errors=True)
