"""Gunicorn's configuration: `gunicorn --config python:solarnet_portal.gunicorn solarnet_portal.wsgi:application`."""

import os

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
access_log_format = '%(t)s %(h)s "%(r)s" %(s)s %(b)s %(M)sms'
loglevel = "warning"
logger_class = "solarnet_portal.operations.access_log.SecretFreeLogger"
