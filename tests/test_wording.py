"""What the portal says to people is in plain, standard terms (docs/wording.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT

PACKAGES = [ROOT / name for name in ("tokens", "accounts", "solarnet_portal")]
MODULES = sorted(path for package in PACKAGES for path in package.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# As docs/wording.md lists them.
AVOIDED = re.compile(
    r"\bmend\b|\bhand(?:ed|s|ing)? out\b|\bin peace\b|\bcannot go on\b|\bare the (?:most|least)\b|\bis the least\b"
    r"|\btake it out\b|\be-mail\b|\bis no (?:date|method|node|port|dictionary|structured)\b|\bmade already\b|\bhas not\.",
    re.IGNORECASE,
)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def strings_of(path: Path) -> Iterator[str]:
    """Yield the strings of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and ast.get_docstring(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def text_of(template: str) -> str:
    """Return what a template shows: without comments, tags and markup."""
    return re.sub(r"{#.*?#}|{% comment.*?endcomment %}|{%.*?%}|<[^>]*>", " ", template, flags=re.DOTALL)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_message_uses_an_avoided_word(path):
    assert [text for text in strings_of(path) if AVOIDED.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_no_template_does(path):
    assert AVOIDED.findall(text_of(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("text", ["Please mend this", "This is no date.", "hand out the new one in peace", "10 are the most"])
def test_what_is_avoided_is_found(text):
    assert AVOIDED.search(text)
