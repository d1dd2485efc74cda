"""Notes as documents of the W3C Web Annotation Data Model, and back; docs/annotation-protocol.md says how.

- `note_document(note, reader)` is a note as `reader` may see it; without queries where it was fetched `with_related`.
- `read_annotation(document, by=user)` is what a document asks for, as the verbs take it: a `NoteDraft`. A mistake is a
  ValidationError of the API framework whose detail is nested as the document is; `parse_document` makes a document of
  bytes, with the same.
- `read_update(document, note, by=user)` is what a document asks an existing note to become.
- `collection_document`, `container_document` and `page_document` put documents together.
"""

from .checking import error_pointers, parse_document
from .names import JSONLD_CONTEXT, JSONLD_MEDIA_TYPE, LDP_CONTEXT, PROFILE, absolute_url
from .reading import ImmutableProperty, NoteDraft, read_annotation, read_update
from .turtle import TURTLE_MEDIA_TYPE, to_turtle
from .writing import ContainerContents, collection_document, container_document, note_document, page_document

__all__ = [
    "JSONLD_CONTEXT",
    "JSONLD_MEDIA_TYPE",
    "LDP_CONTEXT",
    "PROFILE",
    "TURTLE_MEDIA_TYPE",
    "ContainerContents",
    "ImmutableProperty",
    "NoteDraft",
    "absolute_url",
    "collection_document",
    "container_document",
    "error_pointers",
    "note_document",
    "page_document",
    "parse_document",
    "read_annotation",
    "read_update",
    "to_turtle",
]
