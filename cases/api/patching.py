"""Changes in part: merge patches (RFC 7396), and which media types PATCH takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.views import APIView

JSON_MEDIA_TYPE = "application/json"
MERGE_PATCH_MEDIA_TYPE = "application/merge-patch+json"


class MergePatchParser(JSONParser):
    """A merge patch: objects are merged at every level, and null takes away."""

    media_type = MERGE_PATCH_MEDIA_TYPE


class PatchView(APIView):
    """A view whose PATCH takes JSON, whose keys replace those that stand, and merge patches."""

    def get_parsers(self) -> list[BaseParser]:
        patches = [MergePatchParser()] if getattr(self.request, "method", "") == "PATCH" else []
        return [*super().get_parsers(), *patches]

    @property
    def default_response_headers(self) -> dict[str, str]:
        accepted = {"Accept-Patch": f"{MERGE_PATCH_MEDIA_TYPE}, {JSON_MEDIA_TYPE}"}
        return {**super().default_response_headers, **accepted}

    @property
    def is_merge_patch(self) -> bool:
        sent = self.request.content_type.partition(";")[0].strip().lower()
        return sent == MERGE_PATCH_MEDIA_TYPE


def merge_patch(whole: Any, patch: Any) -> Any:
    """Apply a merge patch to a JSON value.

    >>> merge_patch({"years": {"start": 2006, "end": 2009}, "note": "x"}, {"years": {"end": None}, "note": None})
    {'years': {'start': 2006}}
    """
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(whole) if isinstance(whole, Mapping) else {}
    merged = {name: merge_patch(kept.get(name), value) for name, value in patch.items() if value is not None}
    return {name: value for name, value in {**kept, **merged}.items() if name in merged or name not in patch}
