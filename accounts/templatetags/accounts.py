"""Template tags of the account pages."""

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.template import Context

from accounts.security import proof
from accounts.security.second_factors import can_have_passkeys

register = template.Library()


@register.simple_tag
def signup_is_open() -> bool:
    """Return True if anybody may create an account (`PORTAL_SIGNUP`)."""
    return bool(settings.SIGNUP_OPEN)


@register.simple_tag(takes_context=True)
def passkeys_are_possible(context: Context) -> bool:
    """Return True if browsers make passkeys for the address at which the portal is open."""
    return can_have_passkeys(context["request"])


@register.simple_tag(takes_context=True)
def goes_on(context: Context) -> bool:
    """Return True if something that was sent goes on after the proof that the page asks for."""
    return proof.is_waiting(context["request"])


@register.simple_tag
def passkey_options(data: Mapping[str, Any] | None = None, **ids: str) -> str:
    """Return, for an attribute, what django-allauth's script takes: the ids of its elements, and what the browser is asked."""
    return json.dumps({"ids": ids, "data": data} if data else {"ids": ids})
