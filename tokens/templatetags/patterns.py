"""How templates write sentences that hold patterns and names."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tokens.domain.policies.wording.phrases import Name, Pattern, Words

register = template.Library()


@register.filter
def isolate_patterns(text: str) -> SafeString:
    """Return a text with its patterns and names set apart, so that each is read in its own direction; plain text as it is."""
    return format_html_join("", "{}", ((_mark_up(part),) for part in (text.parts if isinstance(text, Words) else (text,))))


def _mark_up(part: str) -> str:
    if isinstance(part, Pattern):
        return format_html('<code dir="ltr">{}</code>', part)
    # Latin letters read as the text around them does.
    return format_html("<bdi>{}</bdi>", part) if isinstance(part, Name) and not part.isascii() else part
