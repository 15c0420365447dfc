"""Takes a picture of every page (scripts/pages.py) into docs/screenshots/, and lists them there: `make screenshots`.

The portal is started with new demo data and used in a browser.
"""

import io
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

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, StorageState, ViewportSize, sync_playwright

from scripts.gallery import LIGHT, LOOKS, Look, gallery, looks, name_of
from scripts.pages import PAGES, Shown, Who

TOP = Path(__file__).resolve().parent.parent
FOLDER = TOP / "docs" / "screenshots"
GALLERY = FOLDER / "README.md"
ADMIN_EMAIL = "admin@example.org"
# Pixels of the screen for each pixel of the page.
SCALE = 2
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
    """Take every picture, and write the gallery."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("Error: chromium is needed and was not found. On Debian: apt-get install chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with served_demo() as (address, email, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        states = {
            Who.VISITOR: None,
            Who.OWNER: sign_in(browser, address, email, password),
            Who.ADMIN: sign_in(browser, address, ADMIN_EMAIL, password),
        }
        contexts = {look: {who: _open(browser, address, look, state) for who, state in states.items()} for look in LOOKS}
        # Page by page: the last ones make tokens, and every look shall show the same list.
        for shown in PAGES:
            for look in looks(shown):
                _take(contexts[look][shown.who], shown, look)
        browser.close()
    GALLERY.write_text(gallery(), encoding="utf-8")


def _open(browser: Browser, address: str, look: Look, state: StorageState | None) -> BrowserContext:
    viewport: ViewportSize = {"width": look.width, "height": look.height}
    return browser.new_context(
        base_url=address, storage_state=state, viewport=viewport, color_scheme=look.scheme, device_scale_factor=SCALE
    )


def _take(context: BrowserContext, shown: Shown, look: Look) -> None:
    page = context.new_page()
    # Leaving a private password or a form asks first.
    page.on("dialog", lambda question: question.accept())
    shown.reach(page)
    page.wait_for_load_state("networkidle")
    if not page.locator("dialog[open]").count():
        # A taller window, instead of a longer picture: what sticks to the window's end is at the page's end.
        height = min(page.evaluate("document.documentElement.scrollHeight"), look.most)
        page.set_viewport_size({"width": look.width, "height": height})
        page.evaluate("scrollTo(0, 0)")
    png = page.screenshot(animations="disabled")
    page.close()
    # A page needs no more colours than a palette has, and takes less than half of the bytes with it.
    palette = Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    palette.save(FOLDER / name_of(shown, look), optimize=True)


@contextmanager
def served_demo() -> Iterator[tuple[str, str, str]]:
    """Serve new demo data; yields the address, and the email and password of the demo account.

    The administrator's password is the same.
    """
    with tempfile.TemporaryDirectory() as var:
        environment = {**os.environ, "PORTAL_VAR": var, "PORTAL_SIGNUP": "1"}
        for name in ("PORTAL_ENV", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
            environment.pop(name, None)

        def manage(*arguments: str) -> str:
            line = [sys.executable, "manage.py", *arguments]
            return subprocess.run(line, cwd=TOP, env=environment, check=True, capture_output=True, text=True).stdout

        manage("make_keys", "--to", var)
        manage("migrate", "--verbosity", "0")
        manage("collectstatic", "--no-input", "--verbosity", "0")
        printed = manage("seed_demo")
        email, password = (re.search(rf"{word}:\s+(\S+)", printed)[1] for word in ("Email", "Password"))
        environment["DJANGO_SUPERUSER_PASSWORD"] = password
        manage("createsuperuser", "--no-input", "--email", ADMIN_EMAIL)
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


def sign_in(browser: Browser, address: str, email: str, password: str) -> StorageState:
    """Sign in, and return what the browser keeps of it."""
    context = browser.new_context(base_url=address, viewport={"width": LIGHT.width, "height": LIGHT.height})
    page = context.new_page()
    page.goto("/tokens/")
    page.get_by_label(re.compile("^Email")).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/tokens/")
    state = context.storage_state()
    context.close()
    return state


if __name__ == "__main__":
    main()
