"""The rows of the list, as a person finds them."""

from playwright.sync_api import Locator, Page


def row(page: Page, name: str) -> Locator:
    """Return the row of a token."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def action(page: Page, label: str) -> Locator:
    """Open the menu of a token's row, and return the entry of that label, such as "Edit Roof"."""
    name = label.split(" ", 1)[1]
    page.get_by_label(f"Actions for {name}", exact=True).click()
    return page.locator(".menu__list").get_by_label(label, exact=True)
