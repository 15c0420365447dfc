#!/usr/bin/env bash
# lock.sh: pins the dependencies and groups of pyproject.toml with hashes, for every Python that the portal runs on.
# No package index is written: each machine has its own.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# pin NAME OPTION...: writes requirements/NAME.txt.
pin() {
  local file=requirements/$1.txt
  say "$file"
  .venv/bin/uv pip compile --quiet ${LOCK---upgrade} --universal --python-version "$least" --only-binary :all: --generate-hashes \
    --no-header --no-annotate --output-file "$file" "${@:2}" pyproject.toml
}

scripts/install.sh test
# Each keeps the versions of the set that it extends.
pin run
pin test --group dev --constraints requirements/run.txt
pin unit --group unit --constraints requirements/test.txt
pin audit --group audit --constraints requirements/run.txt
pin bench --group bench --constraints requirements/run.txt
(cd tests/js && PATH="$PWD/../../.venv/bin:$PATH" npm install --package-lock-only --no-audit --no-fund --silent)
