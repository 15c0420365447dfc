#!/usr/bin/env bash
# install.sh [run|test|bench]: the virtual environment .venv with the pinned packages, hashes checked. Quick when nothing changed.
set -euo pipefail
source "$(dirname "$0")/common.sh"

set_name=${1:-run}
pins=(requirements/build.txt "requirements/$set_name.txt")
stamp=.venv/.installed-$set_name

# Pins that are installed already are left alone; the stamp is a copy of them.
if [ -x .venv/bin/python ] && cat "${pins[@]}" | cmp -s - "$stamp"; then
  exit 0
fi

is_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }
find_python() {
  local name
  for name in python3.11 python3 python; do
    if command -v "$name" >/dev/null && is_311 "$name"; then
      command -v "$name"
      return
    fi
  done
  return 1
}

make_environment() {
  local python
  python=$(find_python) || fail "Python 3.11 is needed and was not found. On Debian 12: apt-get install python3.11 python3.11-venv"
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian keeps both in a package of their own.
    if [ "$(id -u)" = 0 ] && may_install; then
      install_debian python3.11-venv ca-certificates || true
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is missing. On Debian 12: apt-get install python3.11-venv"
  fi
  mkdir .venv 2>/dev/null || [ -w .venv ] || fail "$PWD is not writable: no virtual environment can be made."
  say "Making the virtual environment .venv with $("$python" --version)."
  "$python" -m venv --clear .venv || fail "the virtual environment could not be made."
}

# pip's own output goes to a file; on the screen, one line a package. When it fails, its last words are shown.
install_packages() {
  local log=.venv/pip.log
  if ! .venv/bin/python -m pip install --require-hashes --disable-pip-version-check --no-input --progress-bar off "$@" 2>&1 </dev/null |
    tee "$log" | sed -un 's/^Collecting \([^ ]*\).*/  \1/p; s#^Processing [^ ]*/\([^/ ]*\).*#  \1#p; s/^Installing collected.*/  unpacking …/p'; then
    grep -v '^WARNING' "$log" | tail -n 15 >&2
    fail "the packages could not be installed (above, pip's last words). Is the network there?"
  fi
}

if ! { [ -x .venv/bin/python ] && is_311 .venv/bin/python; }; then
  make_environment
fi
heading "Installing the pinned packages ($set_name), a minute or two the first time"
install_packages -r requirements/build.txt
# Without build isolation, because of the one package that is published as source (requirements/build.in).
install_packages --no-build-isolation -r "requirements/$set_name.txt"
cat "${pins[@]}" >"$stamp"
if [ "$set_name" != run ]; then
  # run.txt is part of the others.
  cat requirements/build.txt requirements/run.txt >.venv/.installed-run
fi
