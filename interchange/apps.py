from importlib import import_module

from django.apps import AppConfig

from cases.query import export_formats


class InterchangeConfig(AppConfig):
    """What enters or leaves as a file."""

    name = "interchange"

    def ready(self) -> None:
        """Say in which formats cases can be taken away; models, which the views need, are there only now."""
        export_formats.register_export_formats(
            export.described() for export in import_module("interchange.views.cases").CASE_EXPORTS
        )
