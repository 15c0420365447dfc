"""Takes the README's screenshots: starts the portal with new demo data and uses it in a browser (`make screenshots`)."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

TOP = Path(__file__).resolve().parent.parent
FOLDER = TOP / "docs" / "screenshots"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 780}
# Debian's chromium, without requests to other machines.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    """Take every picture into docs/screenshots/."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("Error: chromium is needed and was not found. On Debian: apt-get install chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _served_demo() as (address, email, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        state = _sign_in(browser, address, email, password)
        pages = {
            name: browser.new_context(base_url=address, storage_state=state, viewport=viewport, color_scheme=scheme).new_page()
            for name, viewport, scheme in (("light", DESKTOP, "light"), ("dark", DESKTOP, "dark"), ("phone", PHONE, "light"))
        }
        # Existing tokens come first, so that every theme shows the same tokens.
        for walk in (_look_around, _create_token):
            for name, page in pages.items():
                walk(page, name)
        browser.close()


@contextmanager
def _served_demo() -> Iterator[tuple[str, str, str]]:
    """Serve new demo data; yields the address, email and password."""
    with tempfile.TemporaryDirectory() as var:
        environment = {**os.environ, "PORTAL_VAR": var}
        for name in ("PORTAL_ENV", "DATABASE_URL"):
            environment.pop(name, None)

        def manage(*arguments: str) -> str:
            line = [sys.executable, "manage.py", *arguments]
            return subprocess.run(line, cwd=TOP, env=environment, check=True, capture_output=True, text=True).stdout

        manage("make_keys", "--to", var)
        manage("migrate", "--verbosity", "0")
        manage("collectstatic", "--no-input", "--verbosity", "0")
        printed = manage("seed_demo")
        email, password = (re.search(rf"{word}:\s+(\S+)", printed)[1] for word in ("Email", "Password"))
        port = _free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "solarnet_portal/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
        server = subprocess.Popen([*gunicorn, "solarnet_portal.wsgi:application"], cwd=TOP, env=environment)
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}", email, password
        finally:
            server.terminate()
            server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("Error: the portal did not start.")


def _sign_in(browser: Browser, address: str, email: str, password: str) -> dict:
    context = browser.new_context(base_url=address, viewport=DESKTOP)
    page = context.new_page()
    page.goto("/tokens/")
    page.get_by_label(re.compile("^Email")).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/tokens/")
    state = context.storage_state()
    context.close()
    return state


def _look_around(page: Page, name: str) -> None:
    """Take the list and the page of one token."""
    page.goto("/tokens/")
    expect(page.get_by_role("heading", name="Security Tokens")).to_be_visible()
    _take(page, f"list-{name}", full_page=name == "phone")
    page.get_by_role("link", name="Public dashboard").first.click()
    page.wait_for_url(re.compile(r"/tokens/[A-Za-z0-9]{20}/$"))
    _take(page, f"detail-{name}", full_page=True)


def _create_token(page: Page, name: str) -> None:
    """Take the form as it opens over the list, and the page that shows the private password."""
    page.goto("/tokens/")
    page.get_by_role("link", name="Create data token").click()
    page.get_by_label("Name", exact=True).fill("Visitor screen")
    page.get_by_label("Description", exact=True).fill("Power of the roof, by the hour.")
    page.get_by_role("tab", name="Node/Source IDs").click()
    page.get_by_label("101 – Roof").check()
    expect(page.get_by_text("Reads all data, raw data too, of node 101")).to_be_visible()
    _take(page, f"create-{name}")
    page.get_by_role("button", name="Generate Security Token").click()
    page.wait_for_url("**/secret/")
    _take(page, f"secret-{name}")


def _take(page: Page, name: str, *, full_page: bool = False) -> None:
    page.screenshot(path=FOLDER / f"{name}.png", full_page=full_page, animations="disabled")


if __name__ == "__main__":
    main()
