"""How REFI-QDA 1.5 writes things: GUIDs, moments, names, elements, and the codebook that both of its files have."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from django.urls import reverse

from annotations.anchoring.text_diff import collapse_whitespace
from annotations.w3c import absolute_url
from annotations.w3c.names import term_iri
from cases.query.examples import example_cases
from taxonomy.codebook import Codebook
from taxonomy.models import Term, Vocabulary

from .manual import ExampleCases, manual_lists, manual_texts

QDA_ORIGIN = "Co-delivery Case Catalogue"
QDA_CODEBOOK_NAMESPACE = "urn:QDA-XML:codebook:1.0"
MAX_QDA_NAME_LENGTH = 100
ELEMENTS_IN_MEMORY = 1_000_000
"""Bytes; beyond that they go to a temporary file."""

INVALID_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def guid(iri: str) -> str:
    return str(uuid5(NAMESPACE_URL, iri)).upper()


def xml_text(text: str) -> str:
    """A text with the characters that XML 1.0 allows."""
    return INVALID_XML.sub("\ufffd", text)


def qda_timestamp(moment: datetime) -> str:
    """A time as xsd:dateTime in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short_name(text: str) -> str:
    """A text on one line, shortened to the length of a name."""
    line = collapse_whitespace(text)
    return line if len(line) <= MAX_QDA_NAME_LENGTH else f"{line[: MAX_QDA_NAME_LENGTH - 1]}…"


def xml_element(parent: ET.Element | None, tag: str, text: str = "", /, **attributes: str | None) -> ET.Element:
    """A new element, appended to `parent`; attributes that are None are left out."""
    made = ET.Element(tag, {name: xml_text(value) for name, value in attributes.items() if value is not None})
    made.text = xml_text(text) or None
    if parent is not None:
        parent.append(made)
    return made


def xml_document(root: ET.Element) -> bytes:
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'.encode()


def xml_frame(root: ET.Element) -> tuple[bytes, bytes]:
    """A document with room for more elements: what stands before them, and behind them."""
    root.text = "\n"  # which also an empty one needs, to have a tag at its end
    opening, closing, end = xml_document(root).rpartition(f"</{root.tag}>".encode())
    return opening, closing + end


def xml_lines(element: ET.Element) -> bytes:
    """An element inside the root."""
    ET.indent(element, level=1)
    return f"  {ET.tostring(element, encoding='unicode')}\n".encode()


class ElementsFile(SpooledTemporaryFile[bytes]):
    """Elements that wait in a temporary file until it is their turn."""

    def __init__(self) -> None:
        super().__init__(max_size=ELEMENTS_IN_MEMORY)

    def add(self, element: ET.Element) -> None:
        self.write(xml_lines(element))

    def copy_to(self, out: IO[bytes], parent: str = "") -> None:
        """Write the elements, in a parent element, if any: the schema does not allow that to be empty."""
        if not self.tell():
            return
        self.seek(0)
        out.write(f"  <{parent}>\n".encode() if parent else b"")
        shutil.copyfileobj(self, out)
        out.write(f"  </{parent}>\n".encode() if parent else b"")


class UniqueNames:
    """Unique names, compared without case, as the software compares them."""

    def __init__(self, wished: Iterable[str] = ()) -> None:
        self.wished = Counter(map(str.casefold, wished))
        self.taken: set[str] = set()

    def give(self, name: str, beside: str) -> str:
        """A unique name: with `beside` in parentheses if others wish for the same."""
        tried = name if self.wished[name.casefold()] <= 1 else f"{name} ({beside})"
        number = 1
        while tried.casefold() in self.taken:
            number += 1
            tried = f"{name} ({beside} {number})"
        self.taken.add(tried.casefold())
        return tried


def codebook_file(codebook: Codebook) -> bytes:
    root = xml_element(None, "CodeBook", xmlns=QDA_CODEBOOK_NAMESPACE, origin=QDA_ORIGIN)
    add_terms(xml_element(root, "Codes"), codebook, UniqueNames(codebook_names(codebook)))
    return xml_document(root)


def codebook_names(codebook: Codebook) -> Iterator[str]:
    """The names of the vocabularies and terms."""
    for terms in codebook.terms.values():
        yield terms[0].vocabulary.label
        yield from (term.label for term in terms)


def add_terms(codes: ET.Element, codebook: Codebook, names: UniqueNames) -> None:
    """Add the vocabularies with their terms, each narrower term inside its broader one."""
    cases = example_cases(codebook.by_id.values(), None)
    for terms in vocabularies_in_order(codebook):
        vocabulary = terms[0].vocabulary
        folder = add_code(codes, vocabulary_iri(vocabulary), names.give(vocabulary.label, "vocabulary"), codable=False)
        xml_element(folder, "Description", "\n\n".join(filter(None, [vocabulary.definition, vocabulary.rules])))
        made: dict[int, ET.Element] = {}
        for term in terms:
            above = made[term.broader_id] if term.broader_id else folder
            made[term.pk] = add_code(above, term_iri(term), names.give(term.label, vocabulary.label))
            xml_element(made[term.pk], "Description", term_meaning(term, cases))


def vocabularies_in_order(codebook: Codebook) -> list[list[Term]]:
    """The terms by vocabulary, in the order of the vocabularies."""
    return sorted(codebook.terms.values(), key=lambda terms: (terms[0].vocabulary.order, terms[0].vocabulary.slug))


def add_code(parent: ET.Element, iri: str, name: str, *, codable: bool = True) -> ET.Element:
    return xml_element(parent, "Code", guid=guid(iri), name=name, isCodable=str(codable).lower())


def vocabulary_iri(vocabulary: Vocabulary) -> str:
    return absolute_url(f"{reverse('taxonomy:codebook')}#{vocabulary.slug}")


def term_meaning(term: Term, cases: ExampleCases) -> str:
    """What the manual says of a term."""
    return "\n\n".join(filter(None, [term.definition, *manual_texts(term), *manual_lists(term, cases)]))
