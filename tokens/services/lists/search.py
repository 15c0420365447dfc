"""What a search's words are compared with, and the index that narrows it, where there is one (docs/decisions/search.md)."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from django.db import connection
from django.db.models import Q

_TABLE = "tokens_search"
# Where it finds more, an account has so many of them that the first rows of the list are soon full of them.
_MOST_KEYS = 1_000
# The index knows all that is three characters long. What JSON or a database may write in another way is left out.
_PLAIN = re.compile(r"[!#-\[\]-~]{3,}").findall
# Those of a long word tell enough.
_MOST_PARTS = 64
_FIND = f"SELECT rowid FROM {_TABLE} WHERE {_TABLE} MATCH %s LIMIT {_MOST_KEYS + 1}"  # noqa: S608 -- constants


def find_words(text: str) -> Iterator[Q]:
    """Yield the conditions that the identifier, the name, the description, a node or a source contains each word of a text."""
    words = text.split()
    yield from map(_contains, words)
    keys = _look_up(words)
    if keys is not None:
        yield Q(pk__in=keys)


def spellings(text: str) -> set[str]:
    """Return how a text may stand in JSON: databases differ in which characters they write as escapes."""
    return {json.dumps(text), json.dumps(text, ensure_ascii=False)}


def _contains(word: str) -> Q:
    condition = Q()
    for column in ("token_id", "name", "description"):
        condition |= Q(**{f"{column}__icontains": word})
    for spelling in spellings(word):
        condition |= Q(source_text__icontains=spelling[1:-1])
    return condition | Q(node_text__contains=word) if word.isdecimal() else condition


def _look_up(words: Sequence[str]) -> list[int] | None:
    """Return the keys of all tokens, of any account, that may contain all the words; `None` if there are many, or no index."""
    # PostgreSQL uses its index by itself.
    if connection.vendor != "sqlite" or not _has_table(connection.alias):
        return None
    parts = list(dict.fromkeys(part for word in words for part in _parts(word)))[:_MOST_PARTS]
    if not parts:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [" AND ".join(f'"{part}"' for part in parts)])
        keys = [key for (key,) in cursor.fetchall()]
    return keys if len(keys) <= _MOST_KEYS else None


def _parts(word: str) -> Iterator[str]:
    for run in _PLAIN(word):
        yield from (run[place : place + 3] for place in range(len(run) - 2))


# A process has one kind of database, and migrations come before it.
@lru_cache
def _has_table(alias: str) -> bool:
    return _TABLE in connection.introspection.table_names()
