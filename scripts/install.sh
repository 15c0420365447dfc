#!/usr/bin/env bash
# install.sh [run|unit|test|bench|audit]: a virtual environment with the packages of requirements/NAME.txt, hashes checked.
# Quick if nothing changed. VENV names its folder (.venv), PYTHON the Python that it is created with (the newest that fits).
set -euo pipefail
source "$(dirname "$0")/common.sh"

set_name=${1:-run}
venv=${VENV:-.venv}
pins=requirements/$set_name.txt
stamp=$venv/.installed-$set_name

find_python() {
  local name
  for name in "${python_names[@]}"; do
    if fits "$name"; then
      command -v "$name"
      return
    fi
  done
  fail "Python $least or newer is needed and was not found. Install it:
  Debian 12 and 13, Ubuntu 24.04 and newer: apt-get install python3-venv
  Ubuntu 22.04: apt-get install python3.11-venv
  Fedora: dnf install python3"
}

# is_kept: true if the environment runs and has the requested Python, if one is requested.
is_kept() {
  fits "$venv/bin/python" || return 1
  [ -z "${PYTHON:-}" ] || [ "$(version_of "$venv/bin/python")" = "$(version_of "$PYTHON")" ]
}

has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

make_environment() {
  local python=${PYTHON:-} package
  [ -n "$python" ] || python=$(find_python)
  if ! has_venv "$python"; then
    # Debian and Ubuntu have both in a separate package for each version.
    package=python$(version_of "$python")-venv
    if may_install; then
      install_debian "$package" ca-certificates || true
    fi
    has_venv "$python" || fail "the venv module of $python is missing. On Debian and Ubuntu: apt-get install $package"
  fi
  mkdir "$venv" 2>/dev/null || [ -w "$venv" ] || fail "$PWD is not writable: no virtual environment can be made."
  say "Making the virtual environment $venv with $("$python" --version)."
  "$python" -m venv --clear "$venv" || fail "the virtual environment could not be made."
}

# pip's own output goes to a file; on the screen, one line a package. If it fails, the last lines are shown.
# Wheels only: building a package would need a compiler, and the hashes do not cover build tools.
install_packages() {
  local log=$venv/pip.log
  if ! "$venv/bin/python" -m pip install --require-hashes --only-binary :all: --disable-pip-version-check --no-input \
    --progress-bar off -r "$pins" 2>&1 </dev/null |
    tee "$log" | sed -un 's/^Collecting \([^ ]*\).*/  \1/p; s/^Installing collected.*/  unpacking …/p'; then
    grep -v '^WARNING' "$log" | tail -n 15 >&2
    fail "the packages could not be installed (pip's last lines are above). Is the network available?"
  fi
}

if [ -n "${PYTHON:-}" ]; then
  version=$(version_of "$PYTHON") || fail "PYTHON=$PYTHON does not run."
  fits "$PYTHON" || fail "PYTHON=$PYTHON is Python $version; the portal requires $least or newer."
fi
if ! is_kept; then
  make_environment
fi
# Nothing to do if the pins are installed already; the stamp is a copy of them.
if cmp -s "$pins" "$stamp"; then
  exit 0
fi
heading "Installing the pinned packages ($set_name), a minute or two the first time"
install_packages
cp "$pins" "$stamp"
if [ "$set_name" != run ]; then
  # run.txt is part of the others.
  cp requirements/run.txt "$venv/.installed-run"
fi
