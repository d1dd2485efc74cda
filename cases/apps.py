from importlib import import_module

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases, and the registers that they refer to."""

    name = "cases"

    def ready(self) -> None:
        """Connect the signal receivers; the models are loaded only now."""
        import_module("cases.receivers")
