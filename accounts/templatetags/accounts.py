"""What the account pages ask for."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def signup_is_open() -> bool:
    """True where `PORTAL_SIGNUP` lets anybody make an account."""
    return bool(settings.SIGNUP_OPEN)
