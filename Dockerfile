# The portal as an image: `docker build --tag solarnet-portal .` (docs/deployment.md, "Containers").
FROM python:3.13-slim-bookworm AS packages
COPY requirements/run.txt /tmp/run.txt
RUN python -m venv /opt/solarnet-portal \
 && /opt/solarnet-portal/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --no-compile -r /tmp/run.txt

FROM python:3.13-slim-bookworm
COPY --from=packages /opt/solarnet-portal /opt/solarnet-portal
COPY manage.py /srv/portal/
COPY accounts /srv/portal/accounts
COPY solarnet_portal /srv/portal/solarnet_portal
COPY tokens /srv/portal/tokens
COPY templates /srv/portal/templates
COPY static /srv/portal/static
# Compiled here, because nothing can be written where the image runs.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin portal \
 && install --directory --owner=portal --group=portal --mode=0700 /var/lib/solarnet-portal \
 && /opt/solarnet-portal/bin/python -m compileall -q /opt/solarnet-portal/lib /srv/portal
WORKDIR /srv/portal
ENV PATH=/opt/solarnet-portal/bin:$PATH PORTAL_ENV=production PORTAL_VAR=/var/lib/solarnet-portal PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER portal
VOLUME /var/lib/solarnet-portal
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# What is missing is made first: tables, static files.
CMD ["sh", "-c", "python manage.py setup && exec gunicorn --config python:solarnet_portal.gunicorn --bind 0.0.0.0:8000 solarnet_portal.wsgi:application"]
