"""What the overview of the catalogue leads to: its groups of cases, and what the automatic checks find."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ..checks import BY_CODE
from ..models import Case
from ..overview import GROUPS, found_by, group


class Silent(admin.SimpleListFilter):
    """A filter with too many values for the side bar: only the one that is asked for stands there."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = self.value()
        return [] if asked is None else [(asked, self.label(asked))]

    def label(self, asked: str) -> str:
        """Return what is asked for, in words."""
        raise NotImplementedError


class StandsFilter(Silent):
    """A group of cases that the overview counts."""

    title, parameter_name = "the overview", "stands"

    def label(self, asked: str) -> str:
        return GROUPS[asked].label if asked in GROUPS else asked

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        asked = self.value()
        return queryset if asked is None else group(asked, request.user, queryset)


class ChecksFilter(Silent):
    """The cases in which an automatic check finds something."""

    title, parameter_name = "automatic checks", "check"

    def label(self, asked: str) -> str:
        return BY_CODE[asked].label if asked in BY_CODE else asked

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        asked = self.value()
        return queryset if asked is None else found_by(asked, queryset)
