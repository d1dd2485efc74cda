"""The admin's view of the notes: what everyone may read, to look at and to take away. Private notes are not shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import Annotation


@admin.register(Annotation)
class AnnotationAdmin(admin.ModelAdmin):
    list_display = ["__str__", "case", "author", "audience", "created_at"]
    list_select_related = ["case", "author"]
    list_filter = ["audience", "created_at"]
    search_fields = ["exact", "comment", "case__title", "author__username"]
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Annotation]:
        """Return the public notes and one's own: who may administer may not therefore read what is private."""
        return Annotation.objects.visible_to(request.user).order_by(*self.get_ordering(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Notes are written on the pages, where the words are."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What somebody else wrote is not rewritten."""
        return False
