"""The list page: the account's tokens in two sections (SPEC, "The pages")."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from accounts.models import User
from tokens.conf import PAGE_SIZE
from tokens.domain.policies.table import TokenType
from tokens.domain.states import State, find_ending, state_at
from tokens.models import SecurityToken, SecurityTokenQuerySet
from tokens.presentation.rows import TokenRow, render_row
from tokens.web.actors import UserRequest
from tokens.web.paging import page_number


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page. `newer` and `older` are the addresses of its neighbours, "" if there are none."""

    token_type: TokenType
    title: str
    description: str
    rows: SafeString
    page: int
    newer: str
    older: str

    @property
    def kind(self) -> str:
        """The type in one lower-case word."""
        return self.token_type.label.lower()


_SECTIONS = (
    (
        TokenType.USER,
        "User tokens let a program act on your behalf: whatever you can do in SolarNetwork, such as sending an instruction to "
        "one of your SolarNodes, unless its policy says otherwise.",
    ),
    (
        TokenType.DATA,
        "Data tokens only read: a program can query the data that your SolarNodes have collected, as much of it "
        "as the policy allows.",
    ),
)


@login_required
@require_safe
def listing(request: UserRequest) -> HttpResponse:
    """Show the tokens of the account, newest first."""
    now = timezone.now()
    sections = [_section(request.user, token_type, text, request.GET, now) for token_type, text in _SECTIONS]
    return render(request, "tokens/list.html", {"sections": sections, "here": request.get_full_path()})


def _section(owner: User, token_type: TokenType, description: str, query: QueryDict, now: datetime) -> Section:
    parameter = f"{token_type.label.lower()}_page"
    page, rows = _load_page(SecurityToken.objects.owned_by(owner).of_type(token_type), page_number(query.get(parameter, "")), now)
    return Section(
        token_type=token_type,
        title=f"{token_type.label} Tokens",
        description=description,
        rows=mark_safe("".join([render_row(row) for row in rows[:PAGE_SIZE]])),  # noqa: S308 -- each is a template's output
        page=page,
        newer=_address(query, parameter, page - 1) if page > 1 else "",
        older=_address(query, parameter, page + 1) if len(rows) > PAGE_SIZE else "",
    )


def _load_page(tokens: SecurityTokenQuerySet, page: int, now: datetime) -> tuple[int, list[TokenRow]]:
    """Return a page's rows and, where there is another page, one more: counting 100,000 tokens would cost more than the page."""
    rows = _load_rows(tokens, page, now)
    if rows or page == 1:
        return page, rows
    # Beyond the end, which only a typed address is: here a count is acceptable.
    last = max(1, -(-tokens.count() // PAGE_SIZE))
    return last, _load_rows(tokens, last, now)


def _load_rows(tokens: SecurityTokenQuerySet, page: int, now: datetime) -> list[TokenRow]:
    start = (page - 1) * PAGE_SIZE
    found = tokens.annotate(policy_text=Cast("policy", TextField())).values_list(
        "token_id", "type", "name", "description", "policy_text", "created_at", "last_used_at", "status", "not_after"
    )[start : start + PAGE_SIZE + 1]
    return [_row(shown, status, not_after, now) for *shown, status, not_after in found]


def _row(shown: Sequence[Any], status: str, not_after: int | None, now: datetime) -> TokenRow:
    state = state_at(now, status=status, not_after=not_after)
    return TokenRow._make([*shown, state, find_ending(now, status=status, not_after=not_after), State(status)])


def _address(query: QueryDict, parameter: str, page: int) -> str:
    """Return the address of a page of one section; the other section stays where it is."""
    pages = {name: page_number(query.get(name, "")) for name in ("user_page", "data_page")} | {parameter: page}
    others = {name: number for name, number in pages.items() if number > 1}
    return f"?{urlencode(others)}#{parameter.removesuffix('_page')}-tokens"
