"""The front end: nothing of another host, nothing inline, nothing minified by hand, nothing missing."""

import posixpath
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

TOP = Path(__file__).parent.parent
TEMPLATES = sorted((TOP / "templates").rglob("*.html"))
SCRIPTS = sorted((TOP / "static").rglob("*.js"))
STYLES = sorted((TOP / "static").rglob("*.css"))
PICTURES = sorted((TOP / "static").rglob("*.svg"))

# What makes a browser fetch or go somewhere, with an address that names a host.
FETCHES = [
    r"""\b(?:src|href|action|formaction|poster|data|srcset|hx-\w+)\s*=\s*["']?\s*(?:https?:)?//""",
    r"""\burl\(\s*["']?\s*(?:https?:)?//""",
    r"""@import\s+["']?(?:https?:)?//""",
    r"""\b(?:import|from|fetch\(|URL\(|open\(|sendBeacon\()\s*["'`](?:https?:)?//""",
]
INLINE = [
    r"<script(?![^>]*\bsrc=)",
    r"<script[^>]*>\s*[^<\s]",
    r"<style\b",
    r"""\sstyle\s*=\s*["']""",
    r"""<[^>]*\son[a-z]+\s*=\s*["']""",
    r"javascript:",
]
# What the Content Security Policy would refuse when it runs.
UNSAFE = [
    r"\beval\(",
    r"\bnew Function\b",
    r"""setAttribute\(\s*["']style""",
    r"""setAttribute\(\s*["']on""",
    r"\.cssText\b",
    r"document\.write",
]


def relative(path: Path) -> str:
    return str(path.relative_to(TOP))


def hits(path: Path, patterns: list[str]) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [match.group() for pattern in patterns for match in re.finditer(pattern, text, re.IGNORECASE)]


def test_there_is_a_front_end_to_look_at():
    assert TEMPLATES
    assert SCRIPTS
    assert STYLES
    assert PICTURES


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS, *STYLES, *PICTURES], ids=relative)
def test_nothing_is_fetched_from_another_host(path):
    assert hits(path, FETCHES) == []


# A mail loads no style sheet.
@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.parent.name != "mails"], ids=relative)
def test_no_script_style_or_handler_is_inline(path):
    assert hits(path, INLINE) == []


@pytest.mark.parametrize("path", PICTURES, ids=relative)
def test_pictures_contain_no_script(path):
    # A style of its own a picture may have: the pages show pictures as images, which their policy leaves alone.
    assert hits(path, [r"<script", r"""\son[a-z]+\s*=\s*["']""", r"javascript:", r"<foreignObject"]) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_no_script_does_what_the_policy_forbids(path):
    assert hits(path, UNSAFE) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_no_template_types_out_an_address_of_the_portal(path):
    assert hits(path, [r"""\b(?:href|action|hx-\w+)\s*=\s*["']/"""]) == []


def test_own_javascript_stays_small():
    # What htmx or the browser can do, they do; docs/decisions/htmx.md.
    lines = [line for path in SCRIPTS for line in path.read_text(encoding="utf-8").splitlines()]
    assert sum(not line.startswith("import ") for line in lines) < 295


def test_no_file_is_minified_by_hand():
    assert [relative(path) for path in (TOP / "static").rglob("*") if re.search(r"\.min\.\w+$", path.name)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_every_file_that_a_template_names_is_there(path):
    names = re.findall(r"""{%\s*static\s+["']([^"']+)["']""", path.read_text(encoding="utf-8"))
    assert [name for name in names if finders.find(name) is None] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_every_module_that_a_script_imports_is_there(path):
    imported = re.findall(r"""^\s*(?:import|export)[^;]*?["'](\.[^"']+)["']""", path.read_text(encoding="utf-8"), re.MULTILINE)
    # Those of other packages are where the finders find them.
    named = {name: posixpath.normpath(f"portal/js/{name}") for name in imported}
    assert [name for name, found in named.items() if finders.find(found) is None] == []
