#!/usr/bin/env bash
# test.sh [STEP...]: the steps named, or all of them: what CI runs. Goes on after a failure and names all of them at the end.
set -uo pipefail
source "$(dirname "$0")/common.sh"

# The tests make settings and keys of their own; what this shell has set must not change their outcome.
[[ ${TEST_DATABASE_URL:-${DATABASE_URL:-}} == postgres* ]] && export TEST_DATABASE_URL=${TEST_DATABASE_URL:-$DATABASE_URL}
for name in $(compgen -e | grep -E '^(PORTAL_|EMAIL_|DATABASE_URL|DJANGO_SETTINGS_MODULE)'); do unset "$name"; done
var=$(mktemp -d)
export PORTAL_VAR=$var
trap 'rm -rf "$var"' EXIT
PATH="$PWD/.venv/bin:$PATH"

failed=()
step() {
  local name=$1 start=$SECONDS
  shift
  "$@" || failed+=("$name")
  say "   ($name: $((SECONDS - start)) s)"
}

lint() {
  heading "Style, format and layers"
  step "ruff check" ruff check .
  step "ruff format" ruff format --check --quiet .
  step "import-linter" lint-imports --no-cache
}

types() {
  heading "Types"
  step "mypy" mypy
}

# in_production COMMAND...: with the settings that production has, and keys made for this once.
in_production() {
  (
    set -a
    eval "$(python manage.py make_keys)"
    PORTAL_ENV=production PORTAL_ALLOWED_HOSTS=portal.example.org
    "$@"
  )
}

checks() {
  heading "Django's own checks"
  python manage.py make_keys --to "$var" >/dev/null
  step "migrations" python manage.py makemigrations --check --dry-run
  step "check --deploy" in_production python manage.py check --deploy --fail-level WARNING
}

unit() {
  heading "Tests without a browser, on SQLite"
  step "tests on SQLite" pytest -m "not browser" --numprocesses 2 --quiet
}

postgres() {
  heading "The same tests on PostgreSQL"
  if ! scripts/postgres.sh true; then
    missing "PostgreSQL"
    return
  fi
  step "tests on PostgreSQL" scripts/postgres.sh pytest -m "not browser" --numprocesses 2 --quiet
}

browser() {
  heading "Tests in a browser"
  if ! command -v chromium >/dev/null && [ -z "${CHROMIUM:-}" ]; then
    missing "chromium"
    return
  fi
  step "browser tests" pytest -m browser --numprocesses 3 --quiet
}

# missing WHAT: on somebody's desk a step may be left out and is told; in CI it is a failure.
missing() {
  say "LEFT OUT: $1 is not here and may not be installed by this user."
  if [ -n "${CI:-}" ]; then failed+=("$1 is missing"); else left_out+=("$1"); fi
}
left_out=()

# install_tools: what the tests run beside Python.
install_tools() {
  local packages=()
  command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] || packages+=(chromium fonts-dejavu-core)
  [ -x /usr/sbin/nginx ] || packages+=(nginx-light)
  [ -n "${TEST_DATABASE_URL:-}" ] || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
  if [ "${#packages[@]}" -gt 0 ] && may_install; then
    heading "Installing programs for the tests"
    install_debian "${packages[@]}" || say "Not everything could be installed."
  fi
  if ! cmp -s tests/js/package-lock.json tests/js/node_modules/.installed; then
    heading "Installing SolarNetwork's JavaScript client for its test"
    (cd tests/js && npm ci --no-audit --no-fund --loglevel error && cp package-lock.json node_modules/.installed) || failed+=("npm ci")
  fi
}

scripts/install.sh test || exit 1
steps=("$@")
if [ "${#steps[@]}" = 0 ]; then
  steps=(lint types checks unit postgres browser)
fi
case " ${steps[*]} " in *" unit "* | *" postgres "* | *" browser "*) install_tools ;; esac
for name in "${steps[@]}"; do "$name"; done

heading "Summary ($SECONDS s)"
for name in "${left_out[@]}"; do say "Left out: $name"; done
if [ "${#failed[@]}" -gt 0 ]; then
  printf 'Failed: %s\n' "${failed[@]}"
  exit 1
fi
say "All passed: ${steps[*]}"
