"""How bodies are read."""

from __future__ import annotations

from typing import Any

from rest_framework.parsers import JSONParser

from plaintext.normal import compose_all


class ComposedJSONParser(JSONParser):
    """JSON whose texts are all in one Unicode form (NFC)."""

    def parse(self, *args: Any, **options: Any) -> Any:
        return compose_all(super().parse(*args, **options))
