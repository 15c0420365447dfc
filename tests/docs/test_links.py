"""Every link in the documents leads somewhere."""

import re

import pytest

from tests.docs.markdown import ROOT, headings, read

_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
PAGES = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))


def anchor(heading):
    """Return a heading's anchor as forges make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def is_dead(page, link):
    name, _, fragment = link.partition("#")
    target = (ROOT / page).parent / name if name else ROOT / page
    if not target.exists():
        return True
    return bool(fragment) and fragment not in {anchor(one) for one in headings(str(target.resolve().relative_to(ROOT)))}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page):
    links = [first or second for first, second in _LINK.findall(read(page))]
    assert [link for link in links if "://" not in link and is_dead(page, link)] == []


def test_every_document_is_linked():
    texts = [(page, read(page)) for page in PAGES]
    reached = {"README.md"}
    while found := {other for page, text in texts if page in reached for other in _linked(page, text)} - reached:
        reached |= found
    assert set(PAGES) - reached == set()


def _linked(page, text):
    for first, second in _LINK.findall(text):
        target = ((ROOT / page).parent / (first or second).partition("#")[0]).resolve()
        target = target / "README.md" if target.is_dir() else target
        if target.suffix == ".md" and target.is_file():
            yield str(target.relative_to(ROOT))
