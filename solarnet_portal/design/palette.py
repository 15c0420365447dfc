"""The theme's variables, read from its style sheet, and the contrast of its colours (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from solarnet_portal import paths

THEME = paths.FILES / "static/portal/css/theme.css"
# Contrast for text, for the outlines of controls, and for text where the reader asks for more.
TEXT, OUTLINE, MORE = 4.5, 3.0, 7.0

_SURFACES = ("page", "card", "raised")
# Which colours are written or drawn on which.
_TEXT_ON: Mapping[str, tuple[str, ...]] = {
    "text": (*_SURFACES, "current"),
    "text-quiet": _SURFACES,
    "link": _SURFACES,
    "link-hover": _SURFACES,
    "on-action": ("action", "action-hover", "destroy", "destroy-hover"),
    "good": ("page", "card"),
    "care": ("page", "card"),
    "bad": ("page", "card", "raised"),
    "good-text": ("good-ground",),
    "care-text": ("care-ground", "page", "card"),
    "bad-text": ("bad-ground",),
    "note-text": ("note-ground",),
}
_OUTLINE_ON: Mapping[str, tuple[str, ...]] = {"edge": _SURFACES, "focus": _SURFACES, "action": ("card",)}

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_VARIABLE = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
_BOTH = re.compile(r"light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)")
_HEX = re.compile(r"#[0-9a-f]{3}(?:[0-9a-f]{3})?")


class Colour(NamedTuple):
    """A variable that is a colour: its hexadecimal values in light and in dark."""

    name: str
    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two colours that meet, and the contrast that they need."""

    front: Colour
    ground: Colour
    needed: float

    @property
    def light(self) -> float:
        """The contrast in light, from 1 to 21."""
        return contrast(self.front.light, self.ground.light)

    @property
    def dark(self) -> float:
        """The contrast in dark."""
        return contrast(self.front.dark, self.ground.dark)


def read_variables(sheet: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables of the theme by name, and those that change where the reader asks for more contrast."""
    plain, _, more = _COMMENT.sub("", sheet).partition("@media (prefers-contrast: more)")
    return dict(_VARIABLE.findall(plain)), dict(_VARIABLE.findall(more))


def colours_of(variables: Mapping[str, str]) -> dict[str, Colour]:
    """Return the variables that are opaque colours, by name."""
    found = {}
    for name, value in variables.items():
        if both := _BOTH.fullmatch(value):
            found[name] = Colour(name, both[1], both[2])
        elif _HEX.fullmatch(value):
            found[name] = Colour(name, value, value)
    return found


def pairs_of(colours: Mapping[str, Colour], *, text: float = TEXT) -> Iterator[Pair]:
    """Yield every pair of colours that the components use, with the contrast that it needs."""
    for fronts, needed in ((_TEXT_ON, text), (_OUTLINE_ON, OUTLINE)):
        for front, grounds in fronts.items():
            for ground in grounds:
                yield Pair(colours[front], colours[ground], needed)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours (`#rgb` or `#rrggbb`), from 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (_linear(int(digits[start : start + 2], 16) / 255) for start in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
