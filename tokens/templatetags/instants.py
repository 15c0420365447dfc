"""How templates write an instant for programs."""

from django import template

from tokens.domain.dates import format_timestamp

register = template.Library()

register.filter("timestamp", format_timestamp)
