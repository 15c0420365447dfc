"""The account's nodes, and the tokens that reach each of them."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tokens.domain.policies.table import TokenType
from tokens.domain.policies.wording.sentences import extent
from tokens.models import Node, SecurityToken
from tokens.services.lists.reach import NodeReach, find_reaching
from tokens.web.actors import UserRequest
from tokens.web.paging import load_sorted_page, page_number

# Nodes on a page; and tokens of each type on a node's page, which leads to the list for all of them.
_PAGE = 50
_SHOWN = 50


@login_required
@require_safe
def nodes(request: UserRequest) -> HttpResponse:
    """Show the nodes and how many tokens reach each."""
    now = timezone.now()
    page = load_sorted_page(Node.objects.owned_by(request.user), page_number(request.GET.get("page", "")), _PAGE)
    reach = NodeReach(request.user, now)
    rows = [{"node": node, "reach": reach.of(node.node_id)} for node in page.rows]
    return render(request, "nodes/list.html", {"rows": rows, "page": page})


@login_required
@require_safe
def node(request: UserRequest, node_id: int) -> HttpResponse:
    """Show the tokens that reach a node and how far, those without any restriction too."""
    # Compared as text by the URL: a number too large for the database is no node.
    found = get_object_or_404(Node.objects.owned_by(request.user), node_id=min(node_id, 2**63 - 1))
    now = timezone.now()
    sections = [_section(request, token_type, found, now) for token_type in (TokenType.DATA, TokenType.USER)]
    return render(request, "nodes/detail.html", {"node": found, "sections": sections})


def _section(request: UserRequest, token_type: TokenType, node: Node, now: datetime) -> dict[str, Any]:
    found = list(find_reaching(request.user, token_type, node.node_id, now)[: _SHOWN + 1])
    return {
        "token_type": token_type,
        "rows": [_row(token, now) for token in found[:_SHOWN]],
        "has_more": len(found) > _SHOWN,
    }


def _row(token: SecurityToken, now: datetime) -> dict[str, Any]:
    policy = token.read_policy()
    far = extent(token.token_type, policy) if policy else "Nothing: the stored policy cannot be read"
    return {"token": token, "ending": token.ending(now), "state": token.state(now), "extent": far}
