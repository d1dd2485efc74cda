"""Addresses of the downloads."""

from django.urls import path

from . import views

app_name = "interchange"
urlpatterns = [
    path("cases.csv", views.CasesCsv.as_view(), name="cases-csv"),
    path("cases.jsonl", views.CasesJsonLines.as_view(), name="cases-jsonl"),
]
