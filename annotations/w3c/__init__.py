"""Notes as documents of the W3C Web Annotation Data Model, and back; see docs/annotation-protocol.md.

- `note_document(note, reader)` is a note as `reader` may see it; it runs no queries if the note was fetched
  `with_related`.
- `read_annotation(document, by=user)` turns a document into a `NoteDraft`, which the actions take. Errors are DRF's
  ValidationErrors, with details nested as the document is. `parse_document` parses bytes, with the same errors.
- `read_update(document, note, by=user)` does the same for a change to an existing note.
- `collection_document`, `container_document` and `page_document` combine documents.
"""

from .checking import error_pointers, parse_document
from .names import JSONLD_CONTEXT, JSONLD_MEDIA_TYPE, LDP_CONTEXT, PROFILE, absolute_url
from .reading import ImmutableProperty, NoteDraft, read_annotation, read_update, stems_from_current
from .turtle import TURTLE_MEDIA_TYPE, to_turtle
from .writing import (
    AnnotationDocument,
    ContainerContents,
    collection_document,
    container_document,
    embedded,
    note_document,
    page_document,
)

__all__ = [
    "JSONLD_CONTEXT",
    "JSONLD_MEDIA_TYPE",
    "LDP_CONTEXT",
    "PROFILE",
    "TURTLE_MEDIA_TYPE",
    "AnnotationDocument",
    "ContainerContents",
    "ImmutableProperty",
    "NoteDraft",
    "absolute_url",
    "collection_document",
    "container_document",
    "embedded",
    "error_pointers",
    "note_document",
    "page_document",
    "parse_document",
    "read_annotation",
    "read_update",
    "stems_from_current",
    "to_turtle",
]
