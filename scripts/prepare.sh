#!/usr/bin/env bash
# prepare.sh: packages, keys, database, style sheets and demo account. Run again, it changes nothing and keeps all data.
set -euo pipefail
source "$(dirname "$0")/common.sh"

var=${PORTAL_VAR:-var}
# Only new folders get the mode; what is private inside has its own.
{ [ -d "$var" ] || mkdir -m 700 -p "$var"; } 2>/dev/null || fail "the folder $var cannot be made. Choose another: PORTAL_VAR=/path make run"
probe=$(mktemp "$var/.probe.XXXXXX" 2>/dev/null) || fail "the folder $var is not writable. Choose another: PORTAL_VAR=/path make run"
rm -f "$probe"

scripts/install.sh run

heading "Preparing $var"
manage() { .venv/bin/python manage.py "$@"; }
manage make_keys --to "$var"
manage migrate --no-input --verbosity 0
manage collectstatic --no-input --verbosity 0
manage seed_demo
