from collections.abc import Callable

from django.forms import Form
from django.http import HttpResponse
from django.views.generic import FormView

class SignupView(FormView[Form]):
    def closed(self) -> HttpResponse: ...

email: Callable[..., HttpResponse]
confirm_email: Callable[..., HttpResponse]
