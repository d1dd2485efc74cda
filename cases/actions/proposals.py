"""Proposed revisions: a copy of a published case with changes in it, reviewed before it becomes the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from cases.record.convert import PrimitiveRecord

from ..history.writing import ChangeInfo
from ..models import Act, Case, Proposal, Remark, State
from ..permissions import has_perm
from ..record import convert
from ..record.convert import ValidatedRecord
from .rules import RuleViolation, lock_case, raise_rule_violations, require_perm, require_text
from .writing import CaseChange, change_cases

SUGGESTIBLE_FIELDS = ("title", "summary", "narrative")
"""The texts that whoever suggests a correction may rewrite; the codings are for those who code."""

MAX_PENDING_PROPOSALS = 20
"""Proposals of one person that wait at a time; curators are not counted."""


class StaleProposal(Exception):
    """The proposal was saved or decided by someone else meanwhile; `proposal` is as it stands now."""

    def __init__(self, proposal: Proposal, version: int) -> None:
        super().__init__(
            f"This proposed revision was changed meanwhile: you started from its version {version}, it is now version "
            f"{proposal.version} and {proposal.get_status_display()}. Look at it again."
        )
        self.proposal = proposal
        self.version = version


@transaction.atomic
def propose_revision(*, case: Case, record: ValidatedRecord, by: User, version: int, reason: str) -> Proposal:
    """Propose that a published case say what `record` says."""
    require_perm(by, "propose")
    held, base = _base(case, by, version)
    proposed = convert.to_primitive(record)
    if convert.record_checksum(proposed) == convert.record_checksum(base):
        raise RuleViolation({"record": "It says what the case says already: change what should be different."})
    return _proposed(
        held, base, proposed, by, require_text(reason, "Say what changes, and why; the reviewer reads it first.")
    )


@transaction.atomic
def suggest_correction(
    *, case: Case, texts: Mapping[str, str], by: User, version: int, reason: str, about: str = ""
) -> Proposal:
    """Suggest a correction: other texts for a case, or only words about what is wrong with it."""
    require_perm(by, "suggest")
    held, base = _base(case, by, version)
    _refuse_codings(texts)
    raise_rule_violations(
        {name: "It cannot be empty." for name, text in texts.items() if name != "narrative" and not text.strip()}
    )
    words = require_text(reason, "Say what should be corrected, and where that can be read.")
    return _proposed(held, base, {**base, **texts}, by, words, about)


def _base(case: Case, by: User, version: int) -> tuple[Case, dict[str, Any]]:
    """Take a published case, and return it with what it says now."""
    held = lock_case(case=case, version=version)
    if held.state != State.PUBLISHED:
        raise RuleViolation({"state": "Only a published case is revised by proposal; a draft is edited."})
    waiting = Proposal.objects.filter(by=by, status=Proposal.Status.OPEN).count()
    if waiting >= MAX_PENDING_PROPOSALS and not has_perm(by, "review"):
        raise RuleViolation(
            {"reason": f"{waiting} proposals of yours wait for review; wait until some of them are decided."}
        )
    return held, convert.to_primitive(convert.record_from_case(Case.objects.whole().get(pk=held.pk)))


def _proposed(
    case: Case, base: PrimitiveRecord, record: PrimitiveRecord, by: User, reason: str, about: str = ""
) -> Proposal:
    return Proposal.objects.create(
        case=case, base_version=case.version, base=base, record=record, reason=reason, about=about, by=by
    )


@transaction.atomic
def amend_proposal(
    *, proposal: Proposal, record: ValidatedRecord, by: User, version: int, reason: str = ""
) -> Proposal:
    """Change a proposal that is not decided yet; one that was returned waits for review again.

    It then rests on the case as it is now: whoever amends has seen that.
    """
    case = _published(proposal)
    held = _hold(proposal, version)
    held.record, held.base = convert.to_primitive(record), convert.to_primitive(convert.record_from_case(case))
    _permit_amending(held, by)
    held.base_version, held.status = case.version, Proposal.Status.OPEN
    held.reason = reason.strip() or held.reason
    return _saved(held)


@transaction.atomic
def add_remark(*, about: Proposal | Case, text: str, by: User, path: str = "") -> Remark:
    """Say something about a proposal, or about a case in review: its author and the reviewers may."""
    words = require_text(text, "Say something.")
    if isinstance(about, Case):
        is_own = about.created_by_id == by.pk and about.state in {State.DRAFT, State.IN_REVIEW}
        require_perm(by, "enter" if is_own else "review")
        return Remark.objects.create(case=about, text=words, path=path[:200], by=by)
    if about.by_id != by.pk:
        require_perm(by, "review")
    return Remark.objects.create(case=about.case, proposal=about, text=words, path=path[:200], by=by)


@transaction.atomic
def accept_proposal(*, proposal: Proposal, record: ValidatedRecord, by: User, version: int, case_version: int) -> Case:
    """Make a case say what was proposed; `record` is that, brought in step with the case at `case_version`."""
    require_perm(by, "review")
    case = _published(proposal)
    held = _hold(proposal, version)
    info = ChangeInfo(held.by, Act.ACCEPTED, held.reason)
    case = change_cases(changes=[CaseChange(case, record, case_version)], by=by, info=info)[0]
    held.accepted_as = case.version
    _decided(held, Proposal.Status.ACCEPTED, by)
    return case


@transaction.atomic
def return_proposal(*, proposal: Proposal, by: User, version: int, text: str) -> Proposal:
    """Return a proposal to its author, saying what to amend."""
    require_perm(by, "review")
    held = _hold(proposal, version)
    words = require_text(text, "Say what its author should amend.")
    Remark.objects.create(proposal=held, text=words, by=by)
    held.status = Proposal.Status.RETURNED
    return _saved(held)


@transaction.atomic
def decline_proposal(*, proposal: Proposal, by: User, version: int, text: str) -> Proposal:
    """Turn a proposal down, saying why."""
    require_perm(by, "review")
    held = _hold(proposal, version)
    words = require_text(text, "Say why; its author reads it.")
    Remark.objects.create(proposal=held, text=words, by=by)
    return _decided(held, Proposal.Status.DECLINED, by)


@transaction.atomic
def retract_proposal(*, proposal: Proposal, by: User, version: int) -> Proposal:
    """Take one's own proposal back."""
    held = _hold(proposal, version)
    if held.by_id != by.pk:
        require_perm(by, "review")
    return _decided(held, Proposal.Status.RETRACTED, by)


def _published(proposal: Proposal) -> Case:
    """Take the case of a proposal, before the proposal itself, and refuse one that is not published now."""
    state = State(Case.objects.select_for_update().get(pk=proposal.case_id).state)
    if state != State.PUBLISHED:
        raise RuleViolation({"state": f"The case is {state.label}; only a published one is revised by proposal."})
    return Case.objects.whole().get(pk=proposal.case_id)


def _permit_amending(proposal: Proposal, by: User) -> None:
    """Let through reviewers, and its author; whoever may not propose rewrites no more than may be suggested."""
    if proposal.by_id != by.pk:
        require_perm(by, "review")
    elif not has_perm(by, "propose"):
        require_perm(by, "suggest")
        rewritten = {name for name in proposal.record if proposal.record[name] != proposal.base.get(name)}
        _refuse_codings(rewritten)


def _refuse_codings(names: Iterable[str]) -> None:
    """Refuse rewriting what only those may who propose whole revisions."""
    what = "Suggest this in your own words; it is not rewritten here."
    raise_rule_violations({name: what for name in names if name not in SUGGESTIBLE_FIELDS})


def _hold(proposal: Proposal, version: int) -> Proposal:
    held = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if held.version != version or not held.is_pending:
        raise StaleProposal(held, version)
    return held


def _decided(proposal: Proposal, status: Proposal.Status, by: User) -> Proposal:
    proposal.status, proposal.decided_by, proposal.decided_at = status, by, timezone.now()
    return _saved(proposal)


def _saved(proposal: Proposal) -> Proposal:
    proposal.version += 1
    proposal.save()
    return proposal
