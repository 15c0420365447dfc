"""What the portal says to people is in plain, standard terms (docs/wording.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT

PACKAGES = [ROOT / name for name in ("tokens", "accounts", "solarnet_portal")]
MODULES = sorted(path for package in PACKAGES for path in package.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*") if path.suffix in {".html", ".txt"})
SCRIPTS = sorted((ROOT / "static/portal/js").glob("*.js"))
# docs/spec.md keeps the contract's own words, and docs/wording.md names what to avoid.
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {ROOT / "docs/spec.md", ROOT / "docs/wording.md"})

# Each is not English that a reader expects, or has a standard word in docs/wording.md.
_AVOIDED = {
    "words": r"mend(?:ed|ing)?|anew|meanwhile(?=[.,])|e-mails?|line ends|oops|successfully",
    "idioms": r"in peace|(?:can|cannot|to) go on|hand(?:ed|s|ing)? (?:it |them )?(?:out|on)|take it out|in the place of",
    "limits": r"(?:is|are) the (?:most|least)|one a line|is wanted",
    "negation": r"(?:is|are) no (?:dates?|methods?|nodes?|ports?|dictionary|structured|patterns?|text)|has not\.|of no known",
    "order": r"(?:made|enabled|disabled|deleted|signed) already",
    "spaces": r"(?:a|no|by) blanks?(?! lines?)",
}
AVOIDED = re.compile(rf"\b(?:{'|'.join(_AVOIDED.values())})(?!\w)", re.IGNORECASE)


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
    """Return what a template shows: without comments, tags and markup, but with the texts in attributes and tags."""
    shown = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", " ", template, flags=re.DOTALL)
    quoted = re.findall(r'"([^"<>{}=]* [^"<>{}=]*)"', shown)
    return " ".join([re.sub(r"{%.*?%}|<[^>]*>", " ", shown, flags=re.DOTALL), *quoted])


def code_of(script: str) -> str:
    """Return a script without its comments."""
    return re.sub(r"^\s*//.*$", "", script, flags=re.MULTILINE)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_message_uses_an_avoided_word(path):
    assert [text for text in strings_of(path) if AVOIDED.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_no_template_does(path):
    assert AVOIDED.findall(text_of(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_no_script_does(path):
    assert AVOIDED.findall(code_of(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_no_document_does(path):
    assert AVOIDED.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Mend this.",
        "This is no date.",
        "hand out the new one in peace",
        "10 are the most",
        "Cannot go on.",
        "joined by blanks",
        "Encode it anew.",
        "It was disabled already.",
        "Paste the headers, one a line.",
    ],
)
def test_what_is_avoided_is_found(text):
    assert AVOIDED.search(text)


@pytest.mark.parametrize(
    "text", ["There is a blank line between the lines.", "An entry is blank.", "already disabled", "No nodes yet"]
)
def test_what_is_good_english_is_not(text):
    assert not AVOIDED.search(text)


def test_a_text_in_an_attribute_is_read():
    assert AVOIDED.search(text_of('<button title="Please mend this"></button>'))


def test_a_comment_is_not():
    assert not AVOIDED.search(text_of("{# Please mend this #}") + code_of("// Please mend this"))
