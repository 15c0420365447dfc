"""Page numbers in addresses."""

# A page number beyond this is none that a person can mean; it also keeps the offset within what a database takes.
_LAST_PAGE = 1_000_000


def page_number(text: str) -> int:
    """Read a page number; what is none is the first page."""
    number = text.strip()
    if not (number.isascii() and number.isdigit()):
        return 1
    return max(1, int(number)) if len(number) <= len(str(_LAST_PAGE)) else _LAST_PAGE
