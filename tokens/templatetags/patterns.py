"""How templates write sentences that hold paths and patterns."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# A word with a slash or an asterisk, without the punctuation of the sentence around it.
_PATTERN = re.compile(r"[^\s,]*[/*][^\s,]*?(?=[.,)]*(?:\s|$))")


@register.filter
def isolate_patterns(sentence: str) -> SafeString:
    """Return a sentence as HTML in which paths and patterns read from left to right, whatever is written beside them."""
    return mark_safe(_PATTERN.sub(r'<bdi dir="ltr">\g<0></bdi>', escape(sentence)))  # noqa: S308 -- escaped before
