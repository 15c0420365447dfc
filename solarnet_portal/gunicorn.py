"""How gunicorn serves the portal: `gunicorn --config python:solarnet_portal.gunicorn solarnet_portal.wsgi:application`."""

import os

# Two processes at the least: what one changes holds in the other at the next request, and one can restart alone.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
# A setting that is wrong stops the start once and clearly, not once a worker.
preload_app = True

# Whose word counts about address and scheme, TrustedProxyMiddleware decides: gunicorn itself believes no header.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

# Above the application's own limit of 8 KB a header, so that the answer to a bigger one is its envelope.
limit_request_field_size = 16_380
limit_request_fields = 100
limit_request_line = 8190

timeout = 30
graceful_timeout = 20
keepalive = 5
control_socket_disable = True

# Requests on standard output, without the Authorization header, cookies or bodies. No URL of the portal holds a secret.
accesslog = "-" if os.environ.get("PORTAL_ACCESS_LOG", "").lower() in {"1", "true", "yes", "on"} else None
access_log_format = '%(t)s %(h)s "%(r)s" %(s)s %(b)s %(M)sms'
loglevel = "warning"
