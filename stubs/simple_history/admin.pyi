from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse

class SimpleHistoryAdmin(ModelAdmin):
    def history_form_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...
