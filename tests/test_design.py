"""The design system: its contrast, its page, and that the page shows every component."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solarnet_portal.design.palette import MORE, OUTLINE, THEME, colours_of, contrast, pairs_of, read_variables

PLAIN, MORE_CONTRAST = read_variables(THEME.read_text(encoding="utf-8"))
COLOURS = colours_of(PLAIN)
SHEETS = THEME.parent
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def ids(pair) -> str:
    return f"{pair.front.name}-on-{pair.ground.name}"


@pytest.mark.parametrize("pair", list(pairs_of(COLOURS)), ids=ids)
class TestPairs:
    def test_in_light_they_have_the_contrast_that_they_need(self, pair):
        assert pair.light >= pair.needed

    def test_in_dark_they_have_it_too(self, pair):
        assert pair.dark >= pair.needed


@pytest.mark.parametrize("pair", list(pairs_of(COLOURS | colours_of(MORE_CONTRAST), text=MORE)), ids=ids)
def test_where_the_reader_asks_for_more_contrast_text_has_seven(pair):
    assert min(pair.light, pair.dark) >= pair.needed


@pytest.mark.parametrize(
    ("first", "second", "expected"), [("#000", "#fff", 21), ("#fff", "#ffffff", 1), ("#777777", "#fff", 4.48)]
)
def test_contrast_is_that_of_wcag(first, second, expected):
    assert contrast(first, second) == pytest.approx(expected, abs=0.005)


@given(first=colours, second=colours)
def test_contrast_is_the_same_both_ways(first, second):
    assert contrast(first, second) == contrast(second, first)
    assert 1 <= contrast(first, second) <= 21


def read(sheet: Path) -> str:
    """Return a style sheet without its comments."""
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("sheet", sorted(set(SHEETS.glob("*.css")) - {THEME}), ids=lambda sheet: sheet.name)
def test_every_colour_is_written_in_the_theme_alone(sheet):
    # Masks need an opaque colour, whichever.
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?!-)", read(sheet))) <= {"#000", "#fff"}


class TestThePage:
    def test_it_shows_every_component(self, client):
        html = client.get("/design/").content.decode()
        shown = set(re.findall(r"[\w-]+", " ".join(re.findall(r'class="([^"]*)"', html))))
        selectors = re.sub(r"\{[^{}]*\}", " ", read(SHEETS / "controls.css"))
        assert set(re.findall(r"\.([a-z][a-z-]*)\b(?!_)", selectors)) - shown == {"htmx-request"}

    def test_it_shows_every_colour_with_its_values(self, client):
        html = client.get("/design/").content.decode()
        assert [
            name for name, light, dark in COLOURS.values() if not (f"--{name}" in html and light in html and dark in html)
        ] == []

    def test_production_has_none(self, client, settings):
        settings.IS_PRODUCTION = True
        assert client.get("/design/").status_code == 404

    def test_it_is_for_reading_only(self, client):
        assert client.post("/design/").status_code == 405


def test_outlines_need_less_than_text():
    assert {pair.needed for pair in pairs_of(COLOURS) if pair.front.name in {"edge", "focus"}} == {OUTLINE}
