"""Remembers what each loaded record said, in place of a checksum of it: of a record of another form there is none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db import migrations, models

FIELDS = {
    "vocabularies": ("slug", "label", "definition", "source_note", "order"),
    "terms": ("slug", "label", "definition", "scope_note", "example", "notation", "order"),
    "sources": (
        *("slug", "kind", "authors", "year", "title", "container", "publisher", "doi", "url", "note"),
        "text_sha256",
    ),
    "organisations": ("slug", "name", "country"),
    "places": ("slug", "name", "country", "latitude", "longitude"),
}
UNORDERED = {"sectors", "places", "pathways", "organisations", "terms"}


def checksum(record: Any) -> str:
    text = json.dumps(in_one_order(record), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def in_one_order(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: in_one_order(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [in_one_order(each) for each in value]
        return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True)) if name in UNORDERED else inner
    return value


def said(register: str, thing: Any) -> dict[str, Any]:
    """What a term or an entry of a register says."""
    plain = {name: number(getattr(thing, name)) for name in FIELDS[register]}
    if "country" in plain:
        plain["country"] = str(thing.country)
    if register == "terms":
        plain["broader"] = thing.broader.slug if thing.broader else None
        plain["aligned"] = [[each.relation, each.iri, each.label] for each in thing.alignments.all()]
        if thing.retired_at:
            plain["retired"] = True
    return plain


def number(value: Any) -> Any:
    """A decimal as JSON has it; everything else as it is."""
    if hasattr(value, "to_integral_value"):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def of_registers(apps: Any) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What each term and entry says, by register and slug."""
    taxonomy = [("vocabularies", "Vocabulary"), ("terms", "Term")]
    registers = [("sources", "Source"), ("organisations", "Organisation"), ("places", "Place")]
    models = [(name, apps.get_model("taxonomy", model)) for name, model in taxonomy]
    models += [(name, apps.get_model("cases", model)) for name, model in registers]
    found = {}
    for register, model in models:
        for thing in model.objects.all():
            slug = f"{thing.vocabulary.slug}/{thing.slug}" if register == "terms" else thing.slug
            found[register, slug] = [said(register, thing)]
    return found


def of_case(apps: Any, slug: str) -> Iterable[dict[str, Any]]:
    """What a case said at each of its versions, and in which state; the last first."""
    versions = apps.get_model("cases", "Version").objects.filter(case__slug=slug).exclude(history_type="-")
    for record, state in versions.order_by("-number", "-history_id").values_list("record", "state"):
        yield {**record, "state": state}


def remember(apps: Any, schema_editor: Any) -> None:
    """Find what was loaded: what stands, or an earlier version of a case, by its checksum."""
    registers = of_registers(apps)
    for row in apps.get_model("interchange", "LoadedRecord").objects.all():
        candidates = of_case(apps, row.slug) if row.register == "cases" else registers.get((row.register, row.slug), [])
        row.said = next((each for each in candidates if checksum(each) == row.checksum), None)
        row.save(update_fields=["said"])


class Migration(migrations.Migration):
    dependencies = [
        ("interchange", "0002_imports"),
        ("cases", "0008_recoding"),
        ("taxonomy", "0003_first_version"),
    ]

    operations = [
        migrations.AddField(
            "loadedrecord",
            "said",
            models.JSONField(help_text="Empty where it is not known any more: then it was edited since.", null=True),
        ),
        migrations.RunPython(remember),
        migrations.RemoveField("loadedrecord", "checksum"),
    ]
