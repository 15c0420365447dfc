"""What the code cites is in the repository."""

import re

import pytest

from tests.docs.markdown import ROOT, bold_terms, headings

PAGES = {"SPEC": "docs/spec.md", "SNWS2": "docs/snws2.md", "RFC9421": "docs/rfc9421.md"}
_CITATION = re.compile(r'\b(SPEC|SNWS2|RFC9421), ((?:"[^"]+"(?:, | and )?)+)')
_BARE = re.compile(r'\bSPEC\b(?!, ")')
_LINE_BREAK = re.compile(r"\n[ \t]*(?:# )?")
_FOREIGN = re.compile(r"\b[Ii]ssue [0-9]|\bpoint [0-9]+\b")
_FOLDERS = ("accounts", "benchmarks", "scripts", "solarnet_portal", "tests", "tokens")
_SUFFIXES = {".css", ".html", ".js", ".md", ".mjs", ".py", ".sh", ".toml", ".txt"}


def code():
    """Return the Python files with their text on one line, so that a citation may be wrapped."""
    files = sorted(path for folder in _FOLDERS for path in (ROOT / folder).rglob("*.py") if path.name != "test_citations.py")
    return [(str(path.relative_to(ROOT)), _LINE_BREAK.sub(" ", path.read_text(encoding="utf-8"))) for path in files]


def written_by_us():
    """Yield every text file of the repository but this one."""
    folders = (*_FOLDERS, ".ci", ".github", "docs", "static", "templates")
    inside = (path for folder in folders for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts)
    for path in (*ROOT.glob("*"), *inside):
        if path.is_file() and path.name != "test_citations.py" and path.suffix in {*_SUFFIXES, ""}:
            yield path


@pytest.mark.parametrize("name", PAGES)
def test_every_citation_names_a_heading_or_a_bold_term(name):
    terms = {*headings(PAGES[name]), *bold_terms(PAGES[name])}
    cited = [
        (file, term)
        for file, text in code()
        for page, citation in _CITATION.findall(text)
        if page == name
        for term in _terms(citation)
    ]
    assert cited
    assert [(file, term) for file, term in cited if term not in terms] == []


def test_the_specification_is_always_cited_by_heading():
    assert [file for file, text in code() if _BARE.search(text)] == []


def test_nothing_points_outside_of_the_repository():
    found = [(str(path.relative_to(ROOT)), _FOREIGN.findall(path.read_text(encoding="utf-8"))) for path in written_by_us()]
    assert [(path, words) for path, words in found if words] == []


def _terms(citation):
    return re.findall(r'"([^"]+)"', citation)
