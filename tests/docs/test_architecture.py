"""docs/architecture.md names what there is: the layers, every package, and no file that is gone."""

import re
import tomllib

import pytest

from tests.docs.markdown import ROOT, blocks, in_backticks, read

PAGE = "docs/architecture.md"
PACKAGES = ("accounts", "solarnet_portal", "tokens")
_PATH = re.compile(r"(?:accounts|benchmarks|docs|scripts|solarnet_portal|static|templates|tests|tokens)/[\w/.-]*").fullmatch


def contract(name):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(one for one in contracts if one["name"] == name)["layers"]
    return [set(re.split(r" *[|:] *", layer)) for layer in layers]


def picture(language):
    """Return the layers of a picture; an indented line belongs to the one before."""
    (block,) = blocks(PAGE, "Layers", language)
    return [set(layer.split()) for layer in re.sub(r"\n +", " ", block).split("\n")]


@pytest.mark.parametrize(("language", "name"), [("layers", "Imports point down"), ("floors", "The floors of the rules")])
def test_the_picture_shows_the_layers_that_are_enforced(language, name):
    assert picture(language) == contract(name)


@pytest.mark.parametrize("page", [PAGE, "CONTRIBUTING.md"])
def test_every_path_named_exists(page):
    paths = [path for path in in_backticks(read(page)) if _PATH(path)]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_package_is_named():
    packages = {f"{folder.parent.relative_to(ROOT)}/" for package in PACKAGES for folder in (ROOT / package).rglob("__init__.py")}
    assert packages - set(in_backticks(read(PAGE))) == set()
