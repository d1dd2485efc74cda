from collections.abc import Callable
from typing import TypeVar

from django.http import HttpResponseBase

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])

def reauthentication_required(function: _View) -> _View: ...
def secure_admin_login(function: _View) -> _View: ...
