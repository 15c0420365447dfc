"""Reads the documents: sections, tables, code blocks, and the words in backticks."""

import re
from functools import cache
from pathlib import Path

from tokens.domain.signing.requests import SignedRequest

ROOT = Path(__file__).resolve().parents[2]
_HEADING = re.compile(r"^#+ (.+)$")
_ROW = re.compile(r"^\|(.+)\|$")
_RULER = re.compile(r"^\|[\s|:-]+\|$")


@cache
def read(name: str) -> str:
    """Return a document by its path from the repository's top."""
    return (ROOT / name).read_text(encoding="utf-8")


def headings(name: str) -> list[str]:
    return [found[1] for line in _prose(name) if (found := _HEADING.match(line))]


def bold_terms(name: str) -> set[str]:
    # Patterns such as `**` are in backticks.
    text = re.sub(r"`[^`]*`", "", " ".join(_prose(name)))
    return {term.removesuffix(".") for term in re.findall(r"\*\*([^*]+)\*\*", text)}


def section(name: str, heading: str) -> str:
    """Return the text below a heading, up to the next heading of any level."""
    lines = read(name).split("\n")
    start = next(place for place, line in enumerate(lines) if _heading_of(line) == heading)
    below = lines[start + 1 :]
    end = next((place for place, line in enumerate(below) if _heading_of(line)), len(below))
    return "\n".join(below[:end])


def tables(name: str, heading: str) -> list[list[dict[str, str]]]:
    """Return the tables of a section: a list of rows each, cells by the column's title."""
    found: list[list[dict[str, str]]] = []
    lines = section(name, heading).split("\n")
    for place, line in enumerate(lines):
        if _RULER.match(line):
            titles = _cells(lines[place - 1])
            found.append([])
            for row in lines[place + 1 :]:
                if not _ROW.match(row):
                    break
                cells = _cells(row)
                assert len(cells) == len(titles), row
                found[-1].append(dict(zip(titles, cells, strict=True)))
    return found


def table(name: str, heading: str) -> list[dict[str, str]]:
    """Return a section's only table."""
    (only,) = tables(name, heading)
    return only


def blocks(name: str, heading: str, language: str) -> list[str]:
    """Return a section's code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)\n```", section(name, heading), re.DOTALL)


def in_backticks(text: str) -> list[str]:
    """Return what is in backticks, code blocks left out."""
    return re.findall(r"`([^`\n]+)`", _without_blocks(text))


def _heading_of(line: str) -> str:
    found = _HEADING.match(line)
    return found[1] if found else ""


def _cells(row: str) -> list[str]:
    # A bar that belongs to a cell is written \|.
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def _prose(name: str) -> list[str]:
    return _without_blocks(read(name)).split("\n")


def _without_blocks(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def read_example(page: str, name: str) -> SignedRequest:
    """Return the request of an example, which is under a heading, as the code takes it; its scheme is not on the wire."""
    head, _, body = blocks(page, name, "http")[0].partition("\n\n")
    first, *lines = head.split("\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = tuple((name.lower(), value) for name, value in (line.split(": ", 1) for line in lines))
    return SignedRequest(method, path, query, headers, body.encode())
