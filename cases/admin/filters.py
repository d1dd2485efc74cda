"""Filters that the overview links to: its groups of cases, and the automatic checks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ..models import Case
from ..review.checks import RULES_BY_CODE
from ..review.overview import CASE_GROUPS, filter_by_group, filter_by_rule
from ..review.twins import TWIN_GROUPS, filter_twins


class HiddenListFilter(admin.SimpleListFilter):
    """A filter with too many values for the sidebar, which shows only the chosen one."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value()
        return [] if value is None else [(value, self.label(value))]

    def label(self, value: str) -> str:
        """Label of the chosen value."""
        raise NotImplementedError


class CaseGroupFilter(HiddenListFilter):
    """A group of cases that the overview counts."""

    title, parameter_name = "the overview", "stands"

    def label(self, value: str) -> str:
        return CASE_GROUPS[value].label if value in CASE_GROUPS else value

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        value = self.value()
        return queryset if value is None else filter_by_group(value, request.user, queryset)


class ChecksFilter(HiddenListFilter):
    """Cases that fail an automatic check."""

    title, parameter_name = "automatic checks", "check"

    def label(self, value: str) -> str:
        return RULES_BY_CODE[value].label if value in RULES_BY_CODE else value

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        value = self.value()
        return queryset if value is None else filter_by_rule(value, queryset)


class TwinsFilter(HiddenListFilter):
    """Things of a register that stand twice, or are likely another's."""

    title, parameter_name = "the overview", "twins"

    def label(self, value: str) -> str:
        return TWIN_GROUPS[value].label if value in TWIN_GROUPS else value

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else filter_twins(value, queryset).order_by("likeness", "pk")
