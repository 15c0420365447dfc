"""Every page that a browser shows is in the list of pages, has its pictures, and is shown in the documents."""

import re
from fnmatch import fnmatchcase

from django.urls import URLPattern, get_resolver

from scripts.gallery import gallery, pictures
from scripts.pages import NOT_SHOWN, PAGES
from tests.docs.markdown import ROOT, read

FOLDER = ROOT / "docs" / "screenshots"
MOST_BYTES = 8_000_000


def view_names(resolver, namespace=""):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"
        else:
            yield from view_names(entry, f"{entry.namespace}:" if entry.namespace else namespace)


def routes():
    """Return the names of all views, and of the error pages' templates."""
    return {*view_names(get_resolver()), *(template.stem for template in (ROOT / "templates").glob("[45]*.html"))}


def is_exempt(route):
    return any(fnmatchcase(route, pattern) for pattern in NOT_SHOWN)


def linked_pictures():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for document in documents:
        for first, second in re.findall(r"\]\(([^)\s]+\.png)\)|src=\"([^\"]+\.png)\"", document.read_text(encoding="utf-8")):
            yield (document.parent / (first or second)).resolve()


class TestPages:
    def test_every_route_is_a_page_of_the_list_or_has_a_reason_not_to_be(self):
        shown = {page.route for page in PAGES}
        assert {route for route in routes() - shown if not is_exempt(route)} == set()

    def test_every_page_of_the_list_has_a_route(self):
        assert {page.route for page in PAGES} - routes() == set()

    def test_no_reason_outlives_its_route(self):
        shown = {page.route for page in PAGES}
        assert [pattern for pattern in NOT_SHOWN if not any(fnmatchcase(route, pattern) for route in routes() - shown)] == []

    def test_each_has_a_name_of_its_own(self):
        names = [page.name for page in PAGES]
        assert sorted(set(names)) == sorted(names)


class TestPictures:
    def test_each_page_has_its_pictures_and_no_other_is_there(self):
        assert {file.name for file in FOLDER.glob("*.png")} == {name for page in PAGES for name in pictures(page)}

    def test_the_gallery_is_that_of_the_list(self):
        assert read("docs/screenshots/README.md") == gallery()

    def test_documents_show_every_picture_and_no_missing_one(self):
        assert {file for file in linked_pictures() if file.parent == FOLDER} == set(FOLDER.glob("*.png"))

    def test_they_are_small(self):
        assert sum(file.stat().st_size for file in FOLDER.glob("*.png")) < MOST_BYTES
