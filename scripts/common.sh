# shellcheck shell=bash
# What the scripts share; sourced, never run. They work from the top of the project, whatever the current folder.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

say() { printf '%s\n' "$*"; }
heading() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

# The oldest Python that the portal runs on, "3.11".
least=$(sed -n 's/^requires-python = ">=\(.*\)"$/\1/p' pyproject.toml)
# Newest first. A command that exists but does not run (a shim of pyenv) does not count.
python_names=(python3.14 python3.13 python3.12 python3.11 python3 python)

# version_of PYTHON: "3.13"; nothing, and false, if it does not run.
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# fits PYTHON: true if it runs and is new enough.
fits() { "$1" -c "import sys; sys.exit(sys.version_info < (${least/./, }))" 2>/dev/null; }

# may_install: true if this user can install Debian packages without a prompt.
may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# install_debian PACKAGE...: prints one line; services in the packages are not started.
install_debian() {
  say "Installing Debian packages: $*"
  local log policy=/usr/sbin/policy-rc.d made=""
  log=$(mktemp)
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" && made=yes
  fi
  local status=0
  { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null || status=$?
  [ -z "$made" ] || as_root rm -f "$policy"
  [ "$status" = 0 ] || tail -n 15 "$log" >&2
  rm -f "$log"
  return "$status"
}
