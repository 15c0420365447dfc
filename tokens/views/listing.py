"""The list page: the account's tokens in two sections (SPEC, "The pages")."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from tokens.conf import PAGE_SIZE
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken, SecurityTokenQuerySet
from tokens.presentation.rows import TokenRow, load_rows, render_row, render_row_with
from tokens.web import notices
from tokens.web.actors import UserRequest
from tokens.web.notices import Notice
from tokens.web.paging import page_number


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


@login_required
@require_safe
def listing(request: UserRequest) -> HttpResponse:
    """Show the tokens of the account, newest first."""
    now = timezone.now()
    told, others = notices.take(request)
    sections = []
    for token_type, *texts in _SECTIONS:
        page = page_number(request.GET.get(_page_parameter(token_type), ""))
        page, rows = _load_page(SecurityToken.objects.owned_by(request.user).of_type(token_type), page, now)
        sections.append(_section(token_type, texts, request.GET, page, rows, told))
    # What is left is about tokens that are on another page.
    context = {"sections": sections, "here": request.get_full_path(), "other_messages": others, "notices": told.values()}
    return render(request, "tokens/list.html", context)


def _section(
    token_type: TokenType, texts: list[str], query: QueryDict, page: int, rows: list[TokenRow], told: dict[str, Notice]
) -> Section:
    """Make a section of its rows; what is told in one of them is taken out of `told`."""
    parameter = _page_parameter(token_type)
    return Section(
        token_type=token_type,
        title=f"{token_type.label} Tokens",
        description=texts[0],
        invitation=texts[1],
        rows=mark_safe("".join([_render(row, told) for row in rows[:PAGE_SIZE]])),  # noqa: S308 -- each is a template's output
        page=page,
        newer=_address(query, parameter, page - 1) if page > 1 else "",
        older=_address(query, parameter, page + 1) if len(rows) > PAGE_SIZE else "",
    )


def _render(row: TokenRow, told: dict[str, Notice]) -> SafeString:
    notice = told.pop(row.token_id, None)
    return render_row(row) if notice is None else render_row_with(row, notice)


def _page_parameter(token_type: TokenType) -> str:
    return f"{token_type.label.lower()}_page"


def _load_page(tokens: SecurityTokenQuerySet, page: int, now: datetime) -> tuple[int, list[TokenRow]]:
    """Return a page's rows and, where there is another page, one more: counting 100,000 tokens would cost more than the page."""
    rows = load_rows(_slice(tokens, page), now)
    if rows or page == 1:
        return page, rows
    # Beyond the end, which only a typed address is: here a count is acceptable.
    last = max(1, -(-tokens.count() // PAGE_SIZE))
    return last, load_rows(_slice(tokens, last), now)


def _slice(tokens: SecurityTokenQuerySet, page: int) -> SecurityTokenQuerySet:
    start = (page - 1) * PAGE_SIZE
    return tokens[start : start + PAGE_SIZE + 1]


def _address(query: QueryDict, parameter: str, page: int) -> str:
    """Return the address of a page of one section; the other section stays where it is."""
    pages = {name: page_number(query.get(name, "")) for name in ("user_page", "data_page")} | {parameter: page}
    others = {name: number for name, number in pages.items() if number > 1}
    return f"?{urlencode(others)}#{parameter.removesuffix('_page')}-tokens"
