"""The pictures of docs/screenshots/: their looks, their names, and the document that shows them."""

from dataclasses import dataclass
from typing import Literal

from scripts.pages import PAGES, Shown


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at.

    Attributes:
        name: the end of a picture's name.
        width: of the window.
        height: of the window.
        scheme: light or dark.
        most: where a picture of a longer page ends.
    """

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    most: int


LIGHT = Look("light", 1440, 900, "light", 1200)
LOOKS = (LIGHT, Look("dark", 1440, 900, "dark", 1200), Look("phone", 360, 780, "light", 1560))

_INTRODUCTION = "`make screenshots` takes them and writes this page. Which pages there are is in `scripts/pages.py`."


def name_of(shown: Shown, look: Look) -> str:
    """Return the name of a picture's file."""
    return f"{shown.name}-{look.name}.png"


def looks(shown: Shown) -> tuple[Look, ...]:
    """Return the looks in which a page is shown."""
    return LOOKS if shown.in_all_looks else (LIGHT,)


def pictures(shown: Shown) -> list[str]:
    """Return the names of the files that show a page."""
    return [name_of(shown, look) for look in looks(shown)]


def gallery() -> str:
    """Return the document that shows every picture."""
    lines = ["# Pictures of every page", "", _INTRODUCTION, ""]
    for shown in PAGES:
        lines += [f"## {shown.caption}", *(f"![{shown.caption}]({name})" for name in pictures(shown)), ""]
    return "\n".join(lines)
