"""Proposed revisions: a copy of a published case with changes in it, reviewed before it becomes the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from cases.record.convert import PrimitiveRecord

from ..history.writing import ChangeInfo, origin_of_user
from ..models import Act, Case, Proposal, Remark, State
from ..permissions import has_perm
from ..record import convert
from ..record.convert import ValidatedRecord
from .rules import RuleViolation, lock_case, raise_rule_violations, require_perm, require_text
from .writing import CaseChange, change_cases

SUGGESTIBLE_FIELDS = ("title", "summary", "narrative")
"""The texts that a suggested correction may rewrite; codings need a full proposal."""

MAX_PENDING_PROPOSALS = 20
"""Open proposals that one person may have at a time; there is no limit for curators."""


class StaleProposal(Exception):
    """The proposal was saved or decided by someone else in the meantime; `proposal` is its current state."""

    def __init__(self, proposal: Proposal, version: int) -> None:
        super().__init__(
            f"This proposed revision was changed meanwhile: you started from its version {version}, it is now version "
            f"{proposal.version} and {proposal.get_status_display()}. Look at it again."
        )
        self.proposal = proposal
        self.version = version


@transaction.atomic
def propose_revision(*, case: Case, record: ValidatedRecord, by: User, version: int, reason: str) -> Proposal:
    """Propose `record` as the new content of a published case."""
    require_perm(by, "propose")
    locked, base = _lock_base(case, by, version)
    proposed = convert.to_primitive(record)
    if convert.record_checksum(proposed) == convert.record_checksum(base):
        raise RuleViolation({"record": "It says what the case says already: change what should be different."})
    return _create_proposal(
        locked, base, proposed, by, require_text(reason, "Say what changes, and why; the reviewer reads it first.")
    )


@transaction.atomic
def propose_from_version(
    *, case: Case, version: int, base: PrimitiveRecord, record: PrimitiveRecord, by: User | None, reason: str
) -> Proposal:
    """Propose `record`, which was made of `base`, the record at an earlier version, and not of what the case says now.

    Whoever reviews it sees both merged, and decides where the case was changed otherwise meanwhile.
    """
    require_perm(by, "propose")
    locked, _ = _lock_base(case, by, case.version)
    words = require_text(reason, "Say what changes, and why; the reviewer reads it first.")
    return Proposal.objects.create(
        case=locked, base_version=version, base=base, record=record, reason=words, by=by, unattended=by is None
    )


@transaction.atomic
def suggest_correction(
    *, case: Case, texts: Mapping[str, str], by: User, version: int, reason: str, about: str = ""
) -> Proposal:
    """Suggest a correction: new texts for a case, or just a description of what is wrong."""
    require_perm(by, "suggest")
    locked, base = _lock_base(case, by, version)
    _refuse_codings(texts)
    raise_rule_violations(
        {name: "It cannot be empty." for name, text in texts.items() if name != "narrative" and not text.strip()}
    )
    words = require_text(reason, "Say what should be corrected, and where that can be read.")
    return _create_proposal(locked, base, {**base, **texts}, by, words, about)


def _lock_base(case: Case, by: User | None, version: int) -> tuple[Case, dict[str, Any]]:
    """Lock a published case and return it with its current record."""
    locked = lock_case(case=case, version=version)
    if locked.state != State.PUBLISHED:
        raise RuleViolation({"state": "Only a published case is revised by proposal; a draft is edited."})
    open_count = Proposal.objects.filter(by=by, status=Proposal.Status.OPEN).count()
    if open_count >= MAX_PENDING_PROPOSALS and not has_perm(by, "review"):
        raise RuleViolation(
            {"reason": f"{open_count} proposals of yours wait for review; wait until some of them are decided."}
        )
    return locked, convert.to_primitive(convert.record_from_case(Case.objects.whole().get(pk=locked.pk)))


def _create_proposal(
    case: Case, base: PrimitiveRecord, record: PrimitiveRecord, by: User, reason: str, about: str = ""
) -> Proposal:
    return Proposal.objects.create(
        case=case, base_version=case.version, base=base, record=record, reason=reason, about=about, by=by
    )


@transaction.atomic
def amend_proposal(
    *, proposal: Proposal, record: ValidatedRecord, by: User, version: int, reason: str = ""
) -> Proposal:
    """Change a proposal that is still undecided; a returned one goes back to review.

    Its base becomes the current version of the case, which its author has now seen.
    """
    case = _lock_published_case(proposal)
    locked = _lock_proposal(proposal, version)
    locked.record, locked.base = convert.to_primitive(record), convert.to_primitive(convert.record_from_case(case))
    _check_may_amend(locked, by)
    locked.base_version, locked.status = case.version, Proposal.Status.OPEN
    locked.reason = reason.strip() or locked.reason
    return _save(locked)


@transaction.atomic
def add_remark(*, about: Proposal | Case, text: str, by: User, path: str = "") -> Remark:
    """Comment on a proposal or on a case in review; open to its author and to reviewers."""
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
    """Apply a proposal to its case; `record` is the proposal merged with the case at `case_version`."""
    require_perm(by, "review")
    case = _lock_published_case(proposal)
    locked = _lock_proposal(proposal, version)
    info = ChangeInfo(locked.by, Act.ACCEPTED, locked.reason, origin_of_user(by))
    case = change_cases(changes=[CaseChange(case, record, case_version)], by=by, info=info)[0]
    locked.accepted_as = case.version
    _save_decision(locked, Proposal.Status.ACCEPTED, by)
    return case


@transaction.atomic
def return_proposal(*, proposal: Proposal, by: User, version: int, text: str) -> Proposal:
    require_perm(by, "review")
    locked = _lock_proposal(proposal, version)
    words = require_text(text, "Say what its author should amend.")
    Remark.objects.create(proposal=locked, text=words, by=by)
    locked.status = Proposal.Status.RETURNED
    return _save(locked)


@transaction.atomic
def decline_proposal(*, proposal: Proposal, by: User, version: int, text: str) -> Proposal:
    require_perm(by, "review")
    locked = _lock_proposal(proposal, version)
    words = require_text(text, "Say why; its author reads it.")
    Remark.objects.create(proposal=locked, text=words, by=by)
    return _save_decision(locked, Proposal.Status.DECLINED, by)


@transaction.atomic
def retract_proposal(*, proposal: Proposal, by: User, version: int) -> Proposal:
    """Withdraw a proposal; its author may, and so may reviewers."""
    locked = _lock_proposal(proposal, version)
    if locked.by_id != by.pk:
        require_perm(by, "review")
    return _save_decision(locked, Proposal.Status.RETRACTED, by)


def _lock_published_case(proposal: Proposal) -> Case:
    """Lock and return the case of a proposal, which must be published. Call this before locking the proposal."""
    state = State(Case.objects.select_for_update().get(pk=proposal.case_id).state)
    if state != State.PUBLISHED:
        raise RuleViolation({"state": f"The case is {state.label}; only a published one is revised by proposal."})
    return Case.objects.whole().get(pk=proposal.case_id)


def _check_may_amend(proposal: Proposal, by: User) -> None:
    """Allow reviewers and the author; an author who may only suggest cannot change any codings."""
    if proposal.by_id != by.pk:
        require_perm(by, "review")
    elif not has_perm(by, "propose"):
        require_perm(by, "suggest")
        changed = {name for name in proposal.record if proposal.record[name] != proposal.base.get(name)}
        _refuse_codings(changed)


def _refuse_codings(names: Iterable[str]) -> None:
    """Refuse any change that needs a full proposal rather than a suggestion."""
    message = "Suggest this in your own words; it is not rewritten here."
    raise_rule_violations({name: message for name in names if name not in SUGGESTIBLE_FIELDS})


def _lock_proposal(proposal: Proposal, version: int) -> Proposal:
    locked = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if locked.version != version or not locked.is_pending:
        raise StaleProposal(locked, version)
    return locked


def _save_decision(proposal: Proposal, status: Proposal.Status, by: User) -> Proposal:
    proposal.status, proposal.decided_by, proposal.decided_at = status, by, timezone.now()
    return _save(proposal)


def _save(proposal: Proposal) -> Proposal:
    proposal.version += 1
    proposal.save()
    return proposal
