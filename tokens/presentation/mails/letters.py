"""What a mail says, before it is written as text and HTML."""

from typing import NamedTuple


class Letter(NamedTuple):
    """What a mail says: its subject, sentences, and what can be done (words and a route)."""

    subject: str
    lines: list[str]
    act: tuple[str, str]
    is_change: bool = False
