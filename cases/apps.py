from importlib import import_module

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases, and the registers that they refer to."""

    name = "cases"

    def ready(self) -> None:
        """Listen to what is written; models are there only now."""
        import_module("cases.receivers")
