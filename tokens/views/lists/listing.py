"""The list page: the account's tokens in two sections (SPEC, "The pages")."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from tokens.conf import PAGE_SIZE
from tokens.domain.dates import to_microseconds
from tokens.domain.policies.table import TokenType
from tokens.forms.filters import FilterForm, address_of, direction, is_tidy, sort_address, tidy
from tokens.presentation.rows import TokenRow, add_sparks, make_rows, render_row, render_row_with, select_rows
from tokens.services.lists.counts import Count, count_tokens
from tokens.services.lists.orders import Place, find_order
from tokens.services.lists.views import ListView, find_tokens, source_sieve
from tokens.services.use.reading import load_sparks
from tokens.web import notices
from tokens.web.actors import UserRequest
from tokens.web.notices import Notice
from tokens.web.paging import Asked, Page, format_place, load_page, load_sieved_page, page_number, parse_place


@dataclass(frozen=True, slots=True)
class Filter:
    """A count above a section: the address that shows only these tokens or, where they are shown, all of them again."""

    count: Count
    address: str
    is_in_use: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page. `newer` and `older` are the addresses of its neighbours, "" if there are none."""

    token_type: TokenType
    title: str
    description: str
    invitation: str
    filters: list[Filter]
    rows: SafeString
    count: int
    page: int
    newer: str
    older: str

    @property
    def kind(self) -> str:
        """The type in one lower-case word."""
        return self.token_type.label.lower()


@dataclass(frozen=True, slots=True)
class Column:
    """The heading of a column that the list can be sorted by: the address that does, and how it is sorted now (`aria-sort`)."""

    label: str
    by: str
    address: str
    direction: str


# Each with its type, its description, and what its empty state adds.
SECTIONS = (
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


# The headings that sort, by what they sort by, and how that is called.
_COLUMNS = {
    "name": ("Security Token", "name"),
    "description": ("Description", "description"),
    "policy": ("Policy", "number of restrictions"),
    "created": ("Created", "date of creation"),
    "used": ("Last used", "last use"),
    "expires": ("Status", "expiry"),
}


@login_required
@require_safe
def listing(request: UserRequest) -> HttpResponse:
    """Show the account's tokens that the address asks for; an address with empty parts, as a form sends it, is tidied first."""
    if not is_tidy(request.GET):
        return HttpResponseRedirect(request.path + tidy(request.GET))
    now = timezone.now()
    told, others = notices.take(request)
    form = FilterForm(request.GET)
    view = form.read()
    pages = [_load_page(request, view, now, token_type) for token_type, *_ in SECTIONS]
    sparks = load_sparks([row.pk for page in pages for row in page.rows], now.date())
    counts = count_tokens(request.user, now)
    sections = [
        make_section(request.GET, form, counts[texts[0]], texts, page._replace(rows=add_sparks(page.rows, sparks)), told)
        for texts, page in zip(SECTIONS, pages, strict=True)
    ]
    context = {
        "has_tokens": any(section.filters for section in sections),
        "summary": _summarize(sections) if view.is_filtered else "",
        "form": form,
        "view": view,
        "columns": make_columns(form),
        "sections": sections,
        "here": request.get_full_path(),
        "other_messages": others,
        # What is left is about tokens that are on another page.
        "notices": told.values(),
        "export_query": address_of(form.parameters),
    }
    return render(request, "tokens/list.html", context)


def _summarize(sections: list[Section]) -> str:
    """Return how many tokens match, as far as this page knows."""
    text = f"{' and '.join(map(_count_of, sections))} match."
    return text[0].upper() + text[1:]


def _count_of(section: Section) -> str:
    number = f"{section.count} or more" if section.older else str(section.count or "no")
    return f"{number} {section.kind} token{'' if number == '1' else 's'}"


def make_columns(form: FilterForm) -> dict[str, Column]:
    """Return the headings that sort, by what they sort by."""
    return {
        name: Column(label, by, sort_address(form.parameters, name), direction(form.parameters, name))
        for name, (label, by) in _COLUMNS.items()
    }


def _load_page(request: UserRequest, view: ListView, now: datetime, token_type: TokenType) -> "RowsPage":
    found, order = find_tokens(request.user, token_type, view, now), find_order(request.user, view.sort)
    asked = _asked(request.GET, token_type)
    if view.source and token_type is TokenType.DATA:
        page = load_sieved_page(found, order, source_sieve(view.source), asked, PAGE_SIZE, select_rows)
    else:
        page = load_page(found, order, asked, PAGE_SIZE, select_rows)
    rows = make_rows(page.rows, now)
    return RowsPage(rows, page.number, *_neighbours(page, rows, view))


def make_section(
    query: QueryDict,
    form: FilterForm,
    counts: list[Count],
    texts: tuple[TokenType, str, str],
    page: "RowsPage",
    told: dict[str, Notice],
) -> Section:
    """Make a section of its rows; what is told in one of them is taken out of `told`. `query` says where the other section is."""
    token_type, description, invitation = texts
    kind = token_type.label.lower()
    return Section(
        token_type=token_type,
        title=f"{token_type.label} Tokens",
        description=description,
        invitation=invitation,
        filters=[_filter(form, count) for count in counts],
        rows=mark_safe("".join([_render(row, told) for row in page.rows])),  # noqa: S308 -- each is a template's output
        count=len(page.rows),
        page=page.number,
        newer=_address(query, form.parameters, kind, page.newer) if page.newer else "",
        older=_address(query, form.parameters, kind, page.older) if page.older else "",
    )


class RowsPage(NamedTuple):
    """The rows of a page, and what leads to the pages beside it, {} if there is none."""

    rows: list[TokenRow]
    number: int
    newer: dict[str, object]
    older: dict[str, object]


def _neighbours(page: Page, rows: list[TokenRow], view: ListView) -> tuple[dict[str, object], dict[str, object]]:
    """Return what leads to the page before this one and to the one behind it, {} if there is none."""
    newer = {"page": page.number - 1, "before": _place(rows[0], view)} if page.has_newer and rows else {}
    older = {"page": page.number + 1, "after": _place(rows[-1], view)} if page.has_older and rows else {}
    return newer, older


def _filter(form: FilterForm, count: Count) -> Filter:
    is_in_use = form.parameters.get(count.parameter) == count.value
    sort = {name: value for name, value in form.parameters.items() if name == "sort"}
    address = form.address_without(count.parameter) if is_in_use else address_of({count.parameter: count.value} | sort)
    return Filter(count, address, is_in_use)


def _asked(query: QueryDict, token_type: TokenType) -> Asked:
    kind = token_type.label.lower()
    number = page_number(query.get(f"{kind}_page", ""))
    return Asked(number, parse_place(query.get(f"{kind}_after", "")), parse_place(query.get(f"{kind}_before", "")))


def _place(row: TokenRow, view: ListView) -> str:
    """Return where a row stands, as an address has it; a name, a description and a policy are the token's to tell."""
    values = {
        "created": to_microseconds(row.created_at),
        "used": to_microseconds(row.last_used_at) if row.last_used_at else None,
        "expires": row.not_after,
    }
    return format_place(Place(values.get(view.sort.removeprefix("-")), row.pk))


def _render(row: TokenRow, told: dict[str, Notice]) -> SafeString:
    notice = told.pop(row.token_id, None)
    return render_row(row) if notice is None else render_row_with(row, notice)


def _address(query: QueryDict, view: Mapping[str, str], kind: str, place: Mapping[str, object]) -> str:
    """Return the address of a page of one section; the other section stays where it is."""
    here = {name: query[name] for name in _PLACES if name in query and not name.startswith(kind)}
    # The first page needs no key, and no other page is the first.
    there = {f"{kind}_{name}": str(value) for name, value in place.items()} if place["page"] != 1 else {}
    parameters = {**here, **there}
    places = {name: str(parameters[name]) for name in _PLACES if name in parameters}
    return f"{address_of({**view, **places})}#{kind}-tokens"
