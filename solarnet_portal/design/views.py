"""`/design/`: the design system on one page, in development (docs/design.md)."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from solarnet_portal.design.palette import THEME, colours_of, pairs_of, read_variables

_SIZES = ("text-1", "text-2", "text-3", "text-4", "text-5", "text-6", "text-7")
# Allowed and refused requests of a week, for the chart.
_WEEK = ((120, 0), (140, 4), (90, 0), (160, 22), (170, 0), (40, 0), (35, 2))
_BAR = 26


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Show every component in its states, and every colour with its contrast.

    Raises:
        Http404: in production.
    """
    if settings.IS_PRODUCTION:
        raise Http404
    variables, _ = read_variables(THEME.read_text(encoding="utf-8"))
    colours = colours_of(variables)
    context = {
        "colours": list(colours.values()),
        "pairs": list(pairs_of(colours)),
        "sizes": [(name, variables[name]) for name in _SIZES],
        "spaces": [(name, value) for name, value in variables.items() if name.startswith("space-")],
        "bars": [
            {"x": day * _BAR, "allowed": allowed, "refused": refused, "top": 200 - allowed, "above": 200 - allowed - refused}
            for day, (allowed, refused) in enumerate(_WEEK)
        ],
    }
    return render(request, "design.html", context)
