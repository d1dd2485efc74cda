"""Checks of texts: the narrative and its links, and leftovers of imports or editors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cases import schema
from cases.markdown import SAFE_SCHEMES
from cases.record.convert import PrimitiveRecord
from cases.schema.nodes import Kind
from cases.search.text import fold

from .rule import PathFinding, RecordRule, block_or_empty, parts_with_paths

# The narrative -------------------------------------------------------------------------------------------------------


def _narrative_missing(record: PrimitiveRecord) -> Iterator[PathFinding]:
    if not (record.get("narrative") or "").strip():
        yield "narrative", "Tell what was done and how, who took part, and what came of it."


def _narrative_is_summary(record: PrimitiveRecord) -> Iterator[PathFinding]:
    narrative = fold(record.get("narrative") or "")
    if narrative and narrative == fold(record.get("summary") or ""):
        yield "narrative", "It only repeats the summary: tell what the summary leaves out, or leave it empty."


# Links ---------------------------------------------------------------------------------------------------------------

VAGUE_LINK_TEXTS = {
    "here",
    "click here",
    "click",
    "link",
    "this",
    "this link",
    "read more",
    "more",
    "see here",
    "website",
}
"""Link texts that mean nothing to people who hear only the links of a page."""

BARE_URL = re.compile(r"\b(?:https?://|www\.)\S+")
BROKEN_LINK = re.compile(r"\[[^\]\n]*\]\s*\([^)\n]*\)?")

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _tokens(record: PrimitiveRecord) -> Sequence[list[Token]]:
    """The inline tokens of each block of the narrative."""
    return _parse_inline(record.get("narrative") or "")


@lru_cache(maxsize=4)  # all link rules parse the same narrative
def _parse_inline(narrative: str) -> Sequence[list[Token]]:
    return [token.children or [] for token in _parser.parse(narrative) if token.type == "inline"]


def _links(record: PrimitiveRecord) -> Iterator[tuple[str, str]]:
    """Yield each link of the narrative as (text, address)."""
    for run in _tokens(record):
        for number, token in enumerate(run):
            if token.type == "link_open":
                end = next(n for n, each in enumerate(run[number:], number) if each.type == "link_close")
                yield "".join(each.content for each in run[number:end]).strip(), str(token.attrs.get("href", ""))


def _outside_links(record: PrimitiveRecord) -> Iterator[str]:
    """Yield the texts of the narrative outside links and code."""
    for run in _tokens(record):
        inside = 0
        for token in run:
            inside += token.nesting if token.type.startswith("link_") else 0
            if token.type == "text" and not inside:
                yield token.content


def _link_words(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for words, address in _links(record):
        if not words:
            yield "narrative", f"The link to {address or 'nothing'} has no words: say what stands there."
        elif fold(words) in VAGUE_LINK_TEXTS or BARE_URL.fullmatch(words):
            yield "narrative", f"The link “{words[:60]}” does not say where it leads: name what stands there."
    for text in _outside_links(record):
        for bare in BARE_URL.findall(text):
            yield "narrative", f"“{bare[:60]}” stands bare in the text: write [what stands there](address)."


def _link_address(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for words, address in _links(record):
        if what := _address_problem(address):
            yield "narrative", f"The link “{words[:60]}” leads to “{address[:60]}”: {what}"
    for text in _outside_links(record):
        for broken in BROKEN_LINK.findall(text):
            yield "narrative", f"“{broken[:60]}” is not read as a link: write [words](https://…) without spaces."


def _address_problem(address: str) -> str:
    """Describe what is wrong with an address; an empty string if nothing is."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "that is no address. Copy it anew from its page."
    if not parts.scheme or (parts.scheme not in SAFE_SCHEMES and "." in parts.scheme):
        return "give it whole, beginning with https://."
    if parts.scheme not in SAFE_SCHEMES:
        return "readers can follow https, http and mailto alone."
    if parts.scheme == "mailto":
        return "" if "@" in parts.path else "an e-mail address has an @."
    return "" if "." in host.strip(".") and "%20" not in host else "it names no site. Copy it anew from its page."


def _image(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for run in _tokens(record):
        for token in run:
            if token.type == "image":
                shown = f" “{token.content[:60]}”" if token.content.strip() else ", which has no alternative text,"
                yield "narrative", f"The image{shown} is not shown: say in words what it shows."


# Leftovers -----------------------------------------------------------------------------------------------------------

LEFTOVER_MARKUP: Mapping[str, tuple[re.Pattern[str], str]] = {
    "HTML": (
        re.compile(r"</?(?:p|br|div|span|a|b|i|u|em|strong|ul|ol|li|table|t[drh]|img|h[1-6])\b[^<>]*>", re.IGNORECASE),
        "write the text without tags; Markdown does in the narrative.",
    ),
    "a coded sign": (re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,6});"), "write the sign itself."),
    "a reminder": (re.compile(r"\b(?:TODO|FIXME|TBC|TBD|XXX)\b|\blorem ipsum\b"), "do it, or take it away."),
    "an empty word": (
        re.compile(r"\bN/A\b|\A\s*(?:n/a|na|nan|null|none|undefined|unknown|-+|\?+)\s*\Z", re.IGNORECASE),
        "leave the field empty, or say which kind of nothing it is.",
    ),
    "wrongly read letters": (re.compile("Ã[\u0080-\u00bf]|â€.|Â[\u00a0-\u00bf]|\ufffd"), "type them anew."),
    "a list of a database": (
        re.compile(r"\A\s*\{[^{}]*\}\s*\Z|\A\s*\[(?:'[^']*'|\"[^\"]*\")(?:,\s*(?:'[^']*'|\"[^\"]*\"))*\]\s*\Z"),
        "write it as a sentence.",
    ),
}
"""Kinds of leftovers, each with a pattern and what to do."""

FREE_TEXT_KINDS = (Kind.TEXT, Kind.PROSE, Kind.MARKDOWN)

TEXT_FIELDS = [path for path, field in schema.CASE_FIELDS.items() if field.kind in FREE_TEXT_KINDS]
PART_TEXT_FIELDS = {
    name: [path for path, field in fields.items() if field.kind in FREE_TEXT_KINDS]
    for name, fields in schema.PART_FIELDS.items()
}
"""Free-text fields of the case and of its parts; quotations are not included."""


def _free_texts(record: PrimitiveRecord) -> Iterator[tuple[str, str]]:
    """Yield each free text as (path, text)."""
    yield from ((path, text) for path in TEXT_FIELDS if (text := _text_at(record, path)))
    for name, texts in PART_TEXT_FIELDS.items():
        for path, part in parts_with_paths(record, name):
            yield from ((f"{path}.{key}", words) for key in texts if (words := part.get(key)))


def _text_at(record: PrimitiveRecord, path: str) -> str:
    outer, _, name = path.rpartition(".")
    return str((block_or_empty(record, outer) if outer else record).get(name) or "")


def _leftovers(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for path, text in _free_texts(record):
        for what, (pattern, instead) in LEFTOVER_MARKUP.items():
            if found := pattern.search(text):
                yield path, f"It holds {what}, “{found[0].strip()[:40]}”: {instead}"


TEXT_RULES = (
    RecordRule("narrative-missing", "warning", "no narrative", _narrative_missing),
    RecordRule("narrative-is-summary", "warning", "narrative that only repeats the summary", _narrative_is_summary),
    RecordRule("link-words", "warning", "link that does not say where it leads", _link_words),
    RecordRule("link-address", "error", "link that leads nowhere", _link_address),
    RecordRule("image", "warning", "image in the narrative", _image),
    RecordRule("left-behind", "warning", "HTML, signs or words left behind by an import", _leftovers),
)
