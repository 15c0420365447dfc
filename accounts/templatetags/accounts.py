"""Template tags of the account pages."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def signup_is_open() -> bool:
    """Return True if anybody may create an account (`PORTAL_SIGNUP`)."""
    return bool(settings.SIGNUP_OPEN)
