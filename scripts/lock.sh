#!/usr/bin/env bash
# lock.sh: pins requirements/*.in with hashes. No address of a package index is written: each machine has its own.
set -euo pipefail
source "$(dirname "$0")/common.sh"

scripts/install.sh test
for name in build run test bench; do
  say "requirements/$name.txt"
  .venv/bin/uv pip compile --quiet ${LOCK---upgrade} --generate-hashes --no-header --no-annotate --python-version 3.11 \
    --build-constraints requirements/build.in --output-file "requirements/$name.txt" "requirements/$name.in"
done
(cd tests/js && PATH="$PWD/../../.venv/bin:$PATH" npm install --package-lock-only --no-audit --no-fund --silent)
