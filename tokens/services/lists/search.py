"""What a search's words are compared with, and the index that narrows it, where there is one (docs/decisions/search.md)."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache, reduce
from operator import or_

from django.db import connection
from django.db.models import Q

from accounts.models import User
from tokens.domain.policies.table import BY_JSON_KEY, TokenType

_TABLE = "tokens_search"
# Where it finds more, an account has so many of them that the first rows of the list are soon full of them.
_MOST_KEYS = 1_000
# The index knows all that is three characters long. What JSON or a database may write in another way is left out.
_PLAIN = re.compile(r"[!#-\[\]-~]{3,}").findall
# Unicode's characters that mean what one agrees on.
_PRIVATE, _PRIVATE_SIZE = 0xE000, 6_400
# Those of a long word tell enough.
_MOST_PARTS = 64
_FIND = f"SELECT rowid FROM {_TABLE} WHERE {_TABLE} MATCH %s LIMIT {_MOST_KEYS + 1}"  # noqa: S608 -- constants


def find_words(text: str, token_type: TokenType) -> Iterator[Q]:
    """Yield the conditions that the identifier, the name, the description, a node or a source contains each word of a text."""
    return (_contains(word, token_type) for word in text.split())


def look_up(owner: User, token_type: TokenType, text: str) -> list[int] | None:
    """Return the keys of those of an account's tokens of one type that may contain all words of a text, from the index.

    `None` if there are too many to be named, or no index that knows.
    """
    # PostgreSQL uses its index by itself.
    if not text or connection.vendor != "sqlite" or not _has_table(connection.alias):
        return None
    parts = list(dict.fromkeys(part for word in text.split() for part in _parts(word)))[:_MOST_PARTS]
    if not parts:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [" AND ".join(f'"{part}"' for part in (_mark(owner, token_type), *parts))])
        keys = [key for (key,) in cursor.fetchall()]
    return keys if len(keys) <= _MOST_KEYS else None


def spellings(text: str) -> set[str]:
    """Return how a text may stand in JSON: databases differ in which characters they write as escapes."""
    return {json.dumps(text), json.dumps(text, ensure_ascii=False)}


def _contains(word: str, token_type: TokenType) -> Q:
    columns = ["token_id__icontains", "name__icontains", "description__icontains"]
    condition = reduce(or_, (Q(**{column: word}) for column in columns))
    # What its type has no policy for, a token is not asked for.
    if BY_JSON_KEY["sourceIds"].applies_to(token_type):
        for spelling in spellings(word):
            condition |= Q(source_text__icontains=spelling[1:-1])
    if BY_JSON_KEY["nodeIds"].applies_to(token_type) and word.isdecimal():
        condition |= Q(node_text__contains=word)
    return condition


def _mark(owner: User, token_type: TokenType) -> str:
    """Return how the index names an account and a type (migration 0018): as a part of a word that no text has."""
    number = owner.pk * 2 + (token_type is TokenType.USER)
    return "".join(chr(_PRIVATE + number // _PRIVATE_SIZE**place % _PRIVATE_SIZE) for place in range(3))


def _parts(word: str) -> Iterator[str]:
    for run in _PLAIN(word):
        yield from (run[place : place + 3] for place in range(len(run) - 2))


# A process has one kind of database, and migrations come before it.
@lru_cache
def _has_table(alias: str) -> bool:
    return _TABLE in connection.introspection.table_names()
