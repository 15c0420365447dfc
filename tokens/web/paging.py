"""Page numbers in URLs."""

# Keeps the offset within the range of a database's integers.
_LAST_PAGE = 1_000_000


def page_number(text: str) -> int:
    """Parse a page number; invalid text is the first page."""
    number = text.strip()
    if not (number.isascii() and number.isdigit()):
        return 1
    return max(1, int(number)) if len(number) <= len(str(_LAST_PAGE)) else _LAST_PAGE
