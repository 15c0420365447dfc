#!/usr/bin/env bash
# test.sh [STEP...]: the steps named, or all of them: what CI runs. Continues after a failure and lists all failures at the end.
# All steps run on the oldest Python found, and the quick tests again on the newest. Named steps, and all of
# them if PYTHON is set, run in .venv only.
set -uo pipefail
source "$(dirname "$0")/common.sh"

# The tests create their own settings and keys; this shell's variables must not change the result.
[[ ${TEST_DATABASE_URL:-${DATABASE_URL:-}} == postgres* ]] && export TEST_DATABASE_URL=${TEST_DATABASE_URL:-$DATABASE_URL}
for name in $(compgen -e | grep -E '^(PORTAL_|EMAIL_|DATABASE_URL|DJANGO_SETTINGS_MODULE)'); do unset "$name"; done
var=$(mktemp -d)
export PORTAL_VAR=$var
trap 'rm -rf "$var"' EXIT

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

# in_production COMMAND...: with production settings and temporary keys.
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
  heading "The tests that use the database, on PostgreSQL"
  if ! scripts/postgres.sh true; then
    missing "PostgreSQL"
    return
  fi
  step "tests on PostgreSQL" scripts/postgres.sh pytest -m "not browser" --database-only --numprocesses 2 --quiet
}

browser() {
  heading "Tests in a browser"
  if ! command -v chromium >/dev/null && [ -z "${CHROMIUM:-}" ]; then
    missing "chromium"
    return
  fi
  step "browser tests" pytest -m browser --numprocesses 3 --quiet
}

# newest: without the tests that start other programs; their result does not depend on the version of Python.
newest() {
  if [ "$newest_version" = "$oldest_version" ]; then
    say "Only Python $oldest_version was found."
    left_out+=("a second Python")
    return
  fi
  heading "Quick tests on Python $newest_version, on SQLite"
  local folder
  folder=$(folder_for "$newest_version")
  VENV=$folder PYTHON=$newest_python scripts/install.sh unit || {
    failed+=("packages for Python $newest_version")
    return
  }
  step "tests on Python $newest_version" \
    "$folder/bin/python" -m pytest -m "not browser and not slow" --ignore tests/browser --numprocesses 2 --quiet
}

# list_pythons: "3.13 PATH" for each version found, oldest first.
list_pythons() {
  local candidate
  for candidate in .venv/bin/python "${python_names[@]}" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
    if fits "$candidate"; then
      say "$(version_of "$candidate") $(command -v "$candidate")"
    fi
  done | sort --stable --version-sort --unique --key 1,1
}

# folder_for VERSION: where its virtual environment is.
folder_for() {
  if [ "$(version_of .venv/bin/python)" = "$1" ]; then say .venv; else say ".venv-$1"; fi
}

# choose_pythons: the oldest and the newest, and the folder that the steps run in.
choose_pythons() {
  local pythons
  pythons=$(list_pythons)
  read -r oldest_version oldest_python <<<"$(head -n 1 <<<"$pythons")"
  read -r newest_version newest_python <<<"$(tail -n 1 <<<"$pythons")"
  # A fresh checkout gets one environment, which `make run` then keeps.
  if fits .venv/bin/python; then venv=$(folder_for "$oldest_version"); fi
}

# missing WHAT: on a developer's machine the step is skipped with a message; in CI it is a failure.
missing() {
  say "LEFT OUT: $1 is not here and may not be installed by this user."
  if [ -n "${CI:-}" ]; then failed+=("$1 is missing"); else left_out+=("$1"); fi
}
left_out=()

# install_tools: the programs that the tests need besides Python.
install_tools() {
  local packages=()
  command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] || packages+=(chromium fonts-dejavu-core)
  [ -x /usr/sbin/nginx ] || packages+=(nginx-light)
  command -v curl >/dev/null || packages+=(curl)
  command -v openssl >/dev/null || packages+=(openssl)
  command -v redis-server >/dev/null || packages+=(redis-server)
  [ -n "${TEST_DATABASE_URL:-}" ] || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
  if [ "${#packages[@]}" -gt 0 ] && may_install; then
    heading "Installing programs for the tests"
    install_debian "${packages[@]}" || say "Not everything could be installed."
  fi
  if ! cmp -s tests/js/package-lock.json tests/js/node_modules/.installed; then
    heading "Installing SolarNetwork's JavaScript clients for their test"
    (cd tests/js && npm ci --no-audit --no-fund --loglevel error && cp package-lock.json node_modules/.installed) || failed+=("npm ci")
  fi
}

venv=.venv
steps=("$@")
if [ "${#steps[@]}" = 0 ]; then
  steps=(lint types checks unit postgres browser)
  if [ -z "${PYTHON:-}" ]; then
    steps+=(newest)
    choose_pythons
    PYTHON=$oldest_python
  fi
fi
VENV=$venv PYTHON=${PYTHON:-} scripts/install.sh test || exit 1
PATH="$PWD/$venv/bin:$PATH"
case " ${steps[*]} " in *" unit "* | *" postgres "* | *" browser "*) install_tools ;; esac
for name in "${steps[@]}"; do "$name"; done

heading "Summary ($SECONDS s)"
for name in "${left_out[@]}"; do say "Left out: $name"; done
if [ "${#failed[@]}" -gt 0 ]; then
  printf 'Failed: %s\n' "${failed[@]}"
  exit 1
fi
say "All passed: ${steps[*]}"
