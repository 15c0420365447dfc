"""Tables as CSV and documents as JSON, made while they are sent: a download of any length takes the memory of a few rows."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# A spreadsheet treats a cell that begins like this as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_ROWS_A_PIECE = 200


class _Line:
    """What `csv.writer` writes to: the last line is all that is kept."""

    def write(self, text: str) -> str:
        """Return what is written; so does the writer then."""
        return text


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """Return a CSV file with a header; cells that a spreadsheet would take for a formula begin with `'`."""
    writer = csv.writer(_Line())
    lines = (writer.writerow([harmless(cell) for cell in row]) for row in _prepend(columns, rows))
    return _download(name, "text/csv; charset=utf-8", lines)


def json_response(name: str, objects: Iterable[dict[str, Any]]) -> StreamingHttpResponse:
    """Return a JSON file with a list of objects."""
    return _download(name, "application/json", _json_lines(objects))


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell


def _prepend(first: Sequence[str], others: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield first
    yield from others


def _json_lines(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    before = "[\n"
    for one in objects:
        yield before + json.dumps(one, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _download(name: str, media_type: str, lines: Iterable[str]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_pieces(lines), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pieces(lines: Iterable[str]) -> Iterator[bytes]:
    """Put lines together, because each piece is sent on its own."""
    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if len(piece) == _ROWS_A_PIECE:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()
