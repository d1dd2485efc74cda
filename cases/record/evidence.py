"""Level and direction of the evidence of a case, which are made from its findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taxonomy.models import Term

from ..schema import NO_DIRECTION_TERM
from .convert import ValidatedRecord

MIXED_DIRECTION = "mixed"

Finding = Mapping[str, Any]


def highest_level(findings: Sequence[Finding]) -> Term:
    """Return the highest level of evidence among findings; the order is that of the vocabulary."""
    return max((finding["level"] for finding in findings), key=lambda level: level.order)


def shared_direction(findings: Sequence[Finding], directions: Mapping[str, Term]) -> Term:
    """Return the direction that findings share, leaving aside those that state none; `mixed` where they differ."""
    stated = {finding["direction"].slug: finding["direction"] for finding in findings}
    unstated = stated.pop(NO_DIRECTION_TERM, None)
    if not stated:
        return unstated or directions[NO_DIRECTION_TERM]
    return next(iter(stated.values())) if len(stated) == 1 else directions[MIXED_DIRECTION]


def with_evidence_of_findings(record: ValidatedRecord, directions: Mapping[str, Term]) -> ValidatedRecord:
    """Return a record whose level and direction of evidence are those of its findings, if it has any.

    A passage that is not given is that of the finding with the highest level.
    """
    findings = record["findings"]
    if not findings:
        return record
    level = highest_level(findings)
    given = record["evidence"] or {"note": "", "passage": None}
    strongest = next(finding for finding in findings if finding["level"] == level)
    made = {"level": level, "direction": shared_direction(findings, directions)}
    absent = {name: kind for name, kind in record["absent"].items() if name != "evidence"}
    evidence = {**given, **made, "passage": given["passage"] or strongest["passage"]}
    return {**record, "evidence": evidence, "absent": absent}
