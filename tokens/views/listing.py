"""The list page: the account's tokens in two sections (SPEC, "The pages")."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from tokens.conf import PAGE_SIZE
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.presentation.rows import TokenRow, make_rows, render_row, render_row_with, select_rows
from tokens.web import notices
from tokens.web.actors import UserRequest
from tokens.web.notices import Notice
from tokens.web.paging import Asked, Key, Page, load_page, page_number, parse_key


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page. `newer` and `older` are the addresses of its neighbours, "" if there are none."""

    token_type: TokenType
    title: str
    description: str
    invitation: str
    rows: SafeString
    page: int
    newer: str
    older: str

    @property
    def kind(self) -> str:
        """The type in one lower-case word."""
        return self.token_type.label.lower()


# Each with its type, its description, and what its empty state adds.
_SECTIONS = (
    (
        TokenType.USER,
        "User tokens act on your behalf: a program can do whatever you can do in SolarNetwork, such as sending an instruction to "
        "one of your SolarNodes, unless the policy says otherwise.",
        "Create one for a script or a service that manages your account.",
    ),
    (
        TokenType.DATA,
        "Data tokens only read: a program can query the data that your SolarNodes collect, as much of it as the policy allows.",
        "Create one for a dashboard, a report, or a partner who may see some of your data.",
    ),
)


# What says in the address which page of each section is shown.
_PLACES = [f"{kind}_{name}" for kind in ("user", "data") for name in ("page", "after", "before")]


@login_required
@require_safe
def listing(request: UserRequest) -> HttpResponse:
    """Show the tokens of the account, newest first."""
    now = timezone.now()
    told, others = notices.take(request)
    sections = []
    for token_type, *texts in _SECTIONS:
        tokens = SecurityToken.objects.owned_by(request.user).of_type(token_type)
        page = load_page(select_rows(tokens), _asked(request.GET, token_type), PAGE_SIZE)
        sections.append(_section(token_type, texts, request.GET, page, make_rows(page.rows, now), told))
    # What is left is about tokens that are on another page.
    context = {"sections": sections, "here": request.get_full_path(), "other_messages": others, "notices": told.values()}
    return render(request, "tokens/list.html", context)


def _asked(query: QueryDict, token_type: TokenType) -> Asked:
    kind = token_type.label.lower()
    number = page_number(query.get(f"{kind}_page", ""))
    return Asked(number, parse_key(query.get(f"{kind}_after", "")), parse_key(query.get(f"{kind}_before", "")))


def _section(
    token_type: TokenType, texts: list[str], query: QueryDict, page: Page, rows: list[TokenRow], told: dict[str, Notice]
) -> Section:
    """Make a section of its rows; what is told in one of them is taken out of `told`."""
    kind = token_type.label.lower()
    newer = {"page": page.number - 1, "before": _key(rows[0])} if page.has_newer else None
    older = {"page": page.number + 1, "after": _key(rows[-1])} if page.has_older else None
    return Section(
        token_type=token_type,
        title=f"{token_type.label} Tokens",
        description=texts[0],
        invitation=texts[1],
        rows=mark_safe("".join([_render(row, told) for row in rows])),  # noqa: S308 -- each is a template's output
        page=page.number,
        newer=_address(query, kind, newer) if newer else "",
        older=_address(query, kind, older) if older else "",
    )


def _key(row: TokenRow) -> Key:
    return Key(row.created_at, row.pk)


def _render(row: TokenRow, told: dict[str, Notice]) -> SafeString:
    notice = told.pop(row.token_id, None)
    return render_row(row) if notice is None else render_row_with(row, notice)


def _address(query: QueryDict, kind: str, place: Mapping[str, object]) -> str:
    """Return the address of a page of one section; the other section stays where it is."""
    here = {name: query[name] for name in _PLACES if name in query and not name.startswith(kind)}
    # The first page needs no key, and no other page is the first.
    there = {f"{kind}_{name}": str(value) for name, value in place.items()} if place["page"] != 1 else {}
    parameters = {**here, **there}
    return f"?{urlencode({name: parameters[name] for name in _PLACES if name in parameters})}#{kind}-tokens"
