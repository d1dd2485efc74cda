"""Template tags for accounts and their forms."""

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def sign_up_open() -> bool:
    """Whether people may create their own accounts, by the setting SIGN_UP."""
    return bool(settings.SIGN_UP)


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """The field's input without a placeholder: the label says the same, and stays visible."""
    return field.as_widget(attrs={"placeholder": False})
