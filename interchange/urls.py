"""Addresses of the downloads, and of what is brought in."""

from django.urls import path

from .views import cases, importing, manual, notes, templates

app_name = "interchange"
urlpatterns = [
    *(path(f"export/cases.{each.sends}", each.as_view(), name=each.url_name()) for each in cases.CASE_EXPORTS),
    path("export/annotations.jsonld", notes.NotesJsonLd.as_view(), name="annotations-jsonld"),
    path("export/annotations.csv", notes.NotesCsv.as_view(), name="annotations-csv"),
    path("export/annotations.xlsx", notes.NotesSpreadsheet.as_view(), name="annotations-xlsx"),
    path("export/annotations.qdpx", notes.NotesProject.as_view(), name="annotations-qdpx"),
    path("export/codebook.qdc", notes.CodebookExport.as_view(), name="codebook-qdc"),
    path("taxonomy/manual.csv", manual.csv_file, name="manual-csv"),
    path("taxonomy/manual.md", manual.markdown_file, name="manual-md"),
    path("import/annotations/", importing.import_notes_page, name="import-notes"),
    path("import/cases/template.csv", templates.template_csv, name="template-csv"),
    path("import/cases/template.xlsx", templates.template_xlsx, name="template-xlsx"),
]
