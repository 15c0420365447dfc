#!/usr/bin/env bash
# run.sh: sets the portal up where that is still to be done, and serves it with gunicorn.
set -euo pipefail
source "$(dirname "$0")/common.sh"

port=${PORT:-8000}
[[ $port =~ ^[0-9]{1,5}$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] || fail "PORT=$port is no port. Choose one: make run PORT=8010"
# Asked before anything is installed: whoever listens there answers.
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  fail "port $port is taken. Choose another: make run PORT=$((port < 65535 ? port + 1 : 8010))"
fi

scripts/prepare.sh

heading "The portal is at http://127.0.0.1:$port (Ctrl+C ends it)"
exec .venv/bin/gunicorn --config solarnet_portal/gunicorn.py --bind "127.0.0.1:$port" solarnet_portal.wsgi:application
