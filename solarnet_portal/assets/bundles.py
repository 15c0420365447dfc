"""Puts each page's style sheets and scripts together when static files are collected: a first visit takes two requests for them.

The files stay as they are written: a sheet names what it begins with (`@import "theme.css";`), a script what it consists of
(`import "./dialog.js";`), and during development browsers follow these names themselves.
"""

import re
from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage

if TYPE_CHECKING:
    from django.contrib.staticfiles.storage import ManifestStaticFilesStorage as CompressedManifestStaticFilesStorage
else:
    from whitenoise.storage import CompressedManifestStaticFilesStorage

Read = Callable[[str], str]

_IMPORTED_SHEET = re.compile(r'^@import "(?P<name>[^":/]+\.css)";\n', re.MULTILINE)
_IMPORTED_SCRIPT = re.compile(r'^import "(?P<name>\.[^":]+\.js)";\n', re.MULTILINE)


def put_together(name: str, read: Read) -> str | None:
    """Return a file with the files that it imports in their places; `None` if it imports none.

    Args:
        name: of a sheet or script, as in `static`.
        read: returns the text of a file of such a name. It raises if there is none.
    """
    if name.endswith(".css"):
        return _replace(name, read, _IMPORTED_SHEET, lambda text: text)
    if name.endswith(".js"):
        # The scripts export nothing; in a block, what one declares is hidden from the others, as in modules of their own.
        return _replace(name, read, _IMPORTED_SCRIPT, lambda text: f"{{\n{text}}}\n")
    return None


def _replace(name: str, read: Read, imported: re.Pattern[str], wrap: Callable[[str], str]) -> str | None:
    text = read(name)
    if imported.search(text) is None:
        return None

    def insert(found: re.Match[str]) -> str:
        other = normpath(join(dirname(name), found["name"]))
        return wrap(_replace(other, read, imported, wrap) or read(other))

    return imported.sub(insert, text)


class BundlingStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage (names with a hash, compressed files), for files that are put together first."""

    def post_process(self, paths: dict[str, tuple[Storage, str]], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Put the files of the portal together, then do what whitenoise does."""

        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode())

        bundles = InMemoryStorage()
        for name in filter(lambda name: name.startswith("portal/"), paths):
            text = put_together(name, read)
            if text is not None:
                bundles.save(name, ContentFile(text.encode()))
        bundled = {name: (bundles, name) for name in paths if bundles.exists(name)}
        yield from super().post_process({**paths, **bundled}, dry_run, **options)
