"""The `solarnet-portal` command: `run`, `setup`, and every command of `manage.py`, which calls the same code."""

import argparse
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from solarnet_portal import paths

_HOST = "127.0.0.1"
# What a shell reports for a program that wrote to a pipe that nobody reads any more.
_BROKEN_PIPE = 141
_OWN = {
    "run": "Create what is missing, and serve the portal with gunicorn.",
    "setup": "Create what is missing: keys (in development), database and collected static files. All data is kept.",
}


def main() -> None:
    """Run the command that the process was called with."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solarnet_portal.settings")
    program = Path(sys.argv[0]).name
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name in _OWN:
        options = _parse(program, name, sys.argv[2:])
        if name == "run":
            run(options.port, demo=options.demo)
        else:
            prepare(demo=options.demo)
        return
    if name in {"help", "-h", "--help"} and len(sys.argv) <= 2:
        _print("Beside the commands below:", *(f"    {own:<8}{text}" for own, text in _OWN.items()), "")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except BrokenPipeError:
        # Whoever reads the output (`| head`) has had enough. Python would complain once more when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(_BROKEN_PIPE) from None


def run(port: int, *, demo: bool = False) -> NoReturn:
    """Set up what is missing, then replace this process with the server.

    Args:
        port: the port to listen on, on the loopback interface only.
        demo: make the demo account if it is missing.

    Raises:
        SystemExit: with the reason, if the portal cannot be set up or the port is taken.
    """
    # Checked first, so that nothing changes if the portal is already running.
    with socket.socket() as probe:
        if probe.connect_ex((_HOST, port)) == 0:
            _fail(f"port {port} is taken. Choose another: PORT={port + 1 if port < 65535 else 8010}")
    prepare(demo=demo)
    _print("", f"== The portal is at http://{_HOST}:{port} (press Ctrl+C to stop it)")
    # The server gets a new process, without the modules and connections of the set-up.
    os.execv(sys.executable, _server_command(port))  # noqa: S606 -- no shell is meant


def prepare(*, demo: bool = False) -> None:
    """Make the keys (in development), the database, the collected static files and, if requested, the demo account.

    Raises:
        SystemExit: with the reason, if something cannot be made.
    """
    var = paths.var_dir()
    _print("", f"== Preparing {var}")
    _make_folder(var)
    if os.environ.get("PORTAL_ENV", "").strip() != "production":
        _make_keys(var)
    _make_database_and_files(demo=demo)


def _parse(program: str, name: str, arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"{program} {name}", description=_OWN[name])
    parser.add_argument("--demo", action="store_true", help="create the demo account, with a token in every state (development)")
    if name == "run":
        parser.add_argument("--port", type=_port, default=os.environ.get("PORT") or "8000", help="PORT, or 8000")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; choose one from 1 to 65535")
    return int(text)


# The database with its journal, and the keys.
_PRIVATE_FILES = ("*.sqlite3*", "secret_key*", "token_keys*")


def _make_folder(var: Path) -> None:
    """Make the folder for data, readable by its owner alone. An existing one keeps its mode, but not what is secret in it."""
    # For what is written from now on, by the server too.
    os.umask(0o077)
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var):
            pass
        for path in (file for pattern in _PRIVATE_FILES for file in var.glob(pattern)):
            path.chmod(0o600)
    except OSError as error:
        _fail(f"the folder {var} cannot be used ({error.strerror}). Choose another with PORTAL_VAR.")


def _make_keys(var: Path) -> None:
    """Write the key files that are missing. The settings read them, so this comes before the settings are loaded."""
    from django.core.management import CommandError, load_command_class

    try:
        load_command_class("tokens", "make_keys").handle(to=var)
    except CommandError as error:
        _fail(str(error))


def _make_database_and_files(*, demo: bool) -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import DatabaseError

    try:
        django.setup()
        # With the system checks, which call_command skips by default.
        call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
        call_command("collectstatic", interactive=False, verbosity=0)
        if demo:
            call_command("seed_demo")
    except (CommandError, ImproperlyConfigured, OSError) as error:
        _fail(str(error))
    except DatabaseError as error:
        _fail(f"the database cannot be used: {error}. Check DATABASE_URL.")


def _server_command(port: int) -> list[str]:
    configuration = ["--config", str(paths.PACKAGE / "gunicorn.py"), "--bind", f"{_HOST}:{port}"]
    if not paths.IS_INSTALLED:
        # A checkout is not on the import path by itself.
        configuration += ["--pythonpath", str(paths.FILES)]
    return [sys.executable, "-m", "gunicorn", *configuration, "solarnet_portal.wsgi:application"]


def _print(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    # The server that replaces this process does not write its buffer.
    sys.stdout.flush()


def _fail(reason: str) -> NoReturn:
    sys.exit(f"Error: {reason}")
