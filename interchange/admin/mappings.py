"""Mappings: how somebody's table is read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ..forms import MappingForm
from ..models import Mapping
from .importers import ImporterAdmin

MAX_PREFILLED_COLUMNS = 200


@admin.register(Mapping)
class MappingAdmin(ImporterAdmin):
    """The stored mappings; a new one can start with the columns of an unknown file."""

    form = MappingForm
    fields = ["name", "columns", "values", "constants", "nothing"]
    list_display = ["name", "by", "updated_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        columns = request.GET.getlist("column")[:MAX_PREFILLED_COLUMNS]
        return {"columns": "\n".join(f"{column} = " for column in columns)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.by = request.user
        super().save_model(request, obj, form, change)
