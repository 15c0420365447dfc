"""Structured fields (RFC 8941) in their strict form, as http-sf writes it.

For what is rare: reading a kilobyte takes it a millisecond or more, so longer values are refused.
"""

from functools import lru_cache
from typing import cast

import http_sf

MAX_LENGTH = 1024

# Fields that are dictionaries, beside those whose type http-sf knows by itself.
_DICTIONARIES = frozenset({"content-digest"})


def write_field(name: str, value: str) -> str:
    """Return a field's value in its strict form.

    Raises:
        ValueError: the type of the field is not known, the value is not of that type or too long, or has a key twice.
    """
    if name in _DICTIONARIES:
        return write_dictionary(value)
    try:
        return http_sf.ser(http_sf.parse(_encode(value), name=name, on_duplicate_key=_refuse_duplicate))
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"{name} is not a structured field.") from error


def write_dictionary(value: str) -> str:
    """Return a dictionary in its strict form. Raises `ValueError` like `write_member`."""
    return http_sf.ser(_parse_dictionary(value))


def write_member(value: str, key: str) -> str:
    """Return one member of a dictionary in its strict form, its parameters included.

    Raises:
        ValueError: the value is no dictionary or too long, or has a key twice, or does not have this one.
    """
    members = _parse_dictionary(value)
    if key not in members:
        raise ValueError(f"There is no member {key}.")
    # A list of one member is written like the member, for a flag (`?1`) too.
    return http_sf.ser([members[key]])


# Several members of one field are read one after the other.
@lru_cache(maxsize=8)
def _parse_dictionary(value: str) -> http_sf.DictionaryType:
    try:
        parsed = http_sf.parse(_encode(value), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
    except (TypeError, ArithmeticError) as error:
        raise ValueError("The value is not a dictionary.") from error
    return cast("http_sf.DictionaryType", parsed)


def _encode(value: str) -> bytes:
    if len(value) > MAX_LENGTH:
        raise ValueError(f"The value is longer than {MAX_LENGTH} characters.")
    return value.encode()


def _refuse_duplicate(key: str, context: str) -> None:
    raise ValueError(f"The {context} key {key} is named twice.")
