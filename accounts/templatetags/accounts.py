"""What templates ask about accounts and their forms."""

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def sign_up_open() -> bool:
    """Say whether people may make their own accounts, by the setting SIGN_UP."""
    return bool(settings.SIGN_UP)


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """Return the field's input without a placeholder: its label already says what it is, and stays to be read."""
    return field.as_widget(attrs={"placeholder": False})
