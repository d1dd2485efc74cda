"""API endpoints for proposed revisions: proposing, amending and reviewing them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django import forms
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cases import actions
from cases.actions.rules import MAX_REASON_LENGTH, require_perm
from cases.forms.reviewing import ABOUT_CHOICES, LONGEST_NARRATIVE, LONGEST_SUMMARY
from cases.history import reading
from cases.models import Case, Proposal, State
from cases.review.proposals import Review
from cases.serializers import validate_record
from plaintext.serializers import WrittenField
from taxonomy.api import ParameterlessView

from .cases import (
    IF_MATCH,
    UNKNOWN_ETAG,
    CaseAPIView,
    CaseGone,
    CaseMoved,
    CaseStateConflict,
    CaseVersionRequired,
    nested_errors,
)
from .paging import page_bounds
from .query import PAGE_FIELDS, ParameterFields, ParameterSchema, read_params
from .states import ReasonSerializer
from .versions import ChangeSerializer

PROPOSAL_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})(?:-(\d{1,9}))?"$')
PROPOSAL_LIST_FIELDS: ParameterFields = {
    **PAGE_FIELDS,
    "status": forms.ChoiceField(label="where it stands", choices=Proposal.Status.choices, required=False),
    "case": forms.CharField(label="slug of its case", max_length=120, required=False),
}


class ProposalOutOfDate(exceptions.APIException):
    """412: the proposal was changed or decided in the meantime."""

    status_code = status.HTTP_412_PRECONDITION_FAILED

    def __init__(self, outdated: actions.StaleProposal) -> None:
        super().__init__(str(outdated) if outdated.version >= 0 else UNKNOWN_ETAG)
        self.more = {"current_version": outdated.proposal.version}


class UnresolvedConflicts(CaseStateConflict):
    """409: the proposal conflicts with later changes of the case."""

    def __init__(self, review: Review) -> None:
        super().__init__(nested_errors({choice.path: ["It was changed in two ways."] for choice in review.choices}))
        self.more = {"conflicts": [choice._asdict() for choice in review.choices]}


# Serializers ---------------------------------------------------------------------------------------------------------


class RemarkSerializer(serializers.Serializer[Any]):
    """Something said about a proposal."""

    path = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="The field; empty for the whole."
    )
    text = WrittenField(max_length=MAX_REASON_LENGTH)
    by = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class ConflictSerializer(serializers.Serializer[Any]):
    """What a proposal and the case changed in two ways; the values in words."""

    path = serializers.CharField()
    name = serializers.CharField()
    base = serializers.CharField()
    mine = serializers.CharField(help_text="As proposed.")
    theirs = serializers.CharField(help_text="As it is now.")


class ProposalSerializer(serializers.Serializer[Any]):
    """A proposed revision, and where it stands."""

    id = serializers.IntegerField(source="pk")
    case = serializers.CharField(source="case.slug")
    status = serializers.ChoiceField(choices=Proposal.Status.choices)
    reason = serializers.CharField()
    about = serializers.CharField()
    by = serializers.SerializerMethodField(help_text="Empty where they have left.")
    base_version = serializers.IntegerField(help_text="The version of the case that it was made from.")
    version = serializers.IntegerField(help_text="Counts its own saves.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    accepted_as = serializers.IntegerField(allow_null=True, help_text="The version of the case that it became.")
    url = serializers.SerializerMethodField()

    def get_by(self, proposal: Proposal) -> str:
        return str(proposal.by or "")

    def get_url(self, proposal: Proposal) -> str:
        return reverse("proposal-detail", args=[proposal.pk], request=self.context["request"])


class ProposalListSerializer(serializers.Serializer[Any]):
    """A page of proposals, the oldest first."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ProposalSerializer(many=True)


class WholeProposalSerializer(ProposalSerializer):
    """A proposed revision with all that it changes."""

    record = serializers.DictField(help_text="The case as it is proposed.")
    changes = serializers.SerializerMethodField(help_text="What it changes of the version that it was made from.")
    meanwhile = serializers.SerializerMethodField(help_text="What was changed in the case since.")
    conflicts = serializers.SerializerMethodField(help_text="While there are any, it cannot be accepted.")
    remarks = RemarkSerializer(many=True)

    @property
    def review(self) -> Review:
        review: Review = self.context["review"]
        return review

    @extend_schema_field(ChangeSerializer(many=True))
    def get_changes(self, proposal: Proposal) -> Any:
        return reading.changes_as_primitives(self.review.proposed)

    @extend_schema_field(ChangeSerializer(many=True))
    def get_meanwhile(self, proposal: Proposal) -> Any:
        return reading.changes_as_primitives(self.review.meanwhile) if self.review.moved_on else []

    @extend_schema_field(ConflictSerializer(many=True))
    def get_conflicts(self, proposal: Proposal) -> Any:
        return [choice._asdict() for choice in self.review.choices] if proposal.is_pending else []


WHOLE_RECORD_ONLY = (
    "This cannot be sent alone: contributors send the whole record, everybody else says it in the reason."
)


class ProposingSerializer(serializers.Serializer[Any]):
    """What is proposed: the record of the case as it should be, or only some of its texts; and why."""

    reason = WrittenField(max_length=MAX_REASON_LENGTH, help_text="What changes, and where that can be read.")
    record = serializers.DictField(required=False, help_text="The case whole, as contributors and curators propose it.")
    title = WrittenField(max_length=200, required=False)
    summary = WrittenField(max_length=LONGEST_SUMMARY, required=False)
    narrative = WrittenField(max_length=LONGEST_NARRATIVE, required=False, allow_blank=True, trim_whitespace=False)
    about = serializers.ChoiceField(
        choices=[key for key, _ in ABOUT_CHOICES if key], required=False, allow_blank=True, default=""
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Collect the texts in one key; refuse fields that can only be changed in a whole record."""
        if unknown := set(self.initial_data) - set(self.fields):
            raise serializers.ValidationError({name: [WHOLE_RECORD_ONLY] for name in sorted(unknown)})
        texts = {name: attrs.pop(name) for name in actions.SUGGESTIBLE_FIELDS if name in attrs}
        if texts and "record" in attrs:
            raise serializers.ValidationError({"record": ["Give the whole record, or some of its texts, not both."]})
        return {**attrs, "texts": texts}


class NewProposalSerializer(ProposingSerializer):
    """The same, with the case that is meant."""

    case = serializers.SlugField(max_length=120)


class AmendingSerializer(ProposingSerializer):
    """The same for a proposal that stands already; without a reason it keeps its own."""

    reason = WrittenField(max_length=MAX_REASON_LENGTH, required=False, allow_blank=True, default="")


# Views ---------------------------------------------------------------------------------------------------------------


class ProposalAPIView(CaseAPIView):
    """Base class of endpoints for signed-in users: their own proposals, or all of them for reviewers."""

    permission_classes = [permissions.IsAuthenticated]

    def proposal(self, pk: int) -> Proposal:
        """Return a proposal that the user may read, or raise NotFound."""
        readable = Proposal.objects.visible_to(self.request.user).select_related("case", "by")
        found = readable.prefetch_related("remarks__by").filter(pk=pk).first()
        if found is None:
            raise exceptions.NotFound("There is no such proposal of yours.")
        return found

    def respond(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """Respond with a whole proposal. The ETag contains its version and that of its case."""
        proposal = self.proposal(pk)
        review = Review.of(proposal, self.request.user)
        payload = WholeProposalSerializer(proposal, context={"request": self.request, "review": review}).data
        headers = {"ETag": f'"{proposal.version}-{review.case.version}"'}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = payload["url"]
        return Response(payload, code, headers=headers)

    def version_read(self) -> int:
        """Version of the proposal in If-Match; -1 if that is not one of our ETags."""
        found = self.etag_match()
        return int(found[1]) if found else -1

    def versions_read(self) -> tuple[int, int]:
        """Versions of the proposal and its case in If-Match; -1 if that is not one of our ETags."""
        found = self.etag_match()
        if found and not found[2]:
            raise CaseVersionRequired(
                "Send If-Match with the whole ETag of the proposal as you read it: after the version of the proposal "
                "it names that of the case."
            )
        return (int(found[1]), int(found[2])) if found else (-1, -1)

    def etag_match(self) -> re.Match[str] | None:
        """Match of If-Match; None if it is not the ETag of a proposal. Raises CaseVersionRequired if missing."""
        sent = self.request.headers.get("If-Match", "").strip()
        if sent in {"", "*"}:
            raise CaseVersionRequired("Send If-Match with the ETag of the proposal as you read it.")
        return PROPOSAL_ETAG.match(sent)

    def read(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Validate the request body."""
        serializer = shape(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @contextmanager
    def deciding(self, refused_as: type[exceptions.APIException] = CaseStateConflict) -> Iterator[None]:
        """Turn errors of an action into API exceptions."""
        with self.writing(refused_as):
            try:
                yield
            except actions.StaleProposal as outdated:
                raise ProposalOutOfDate(outdated) from outdated

    def proposed(self, case: Case, data: Mapping[str, Any]) -> Response:
        """Propose a revision, or suggest a correction if the data contain no whole record."""
        version = self.version()
        with self.writing():
            if case.state != State.PUBLISHED:
                raise actions.RuleViolation(
                    {"state": "Only a published case is revised by proposal; a draft is edited."}
                )
            if "record" in data:
                record = validate_record(data["record"], case)
                made = actions.propose_revision(
                    case=case, record=record, by=self.curator, version=version, reason=data["reason"]
                )
            else:
                more = {"reason": data["reason"], "about": data["about"]}
                made = actions.suggest_correction(
                    case=case, texts=data["texts"], by=self.curator, version=version, **more
                )
        return self.respond(made.pk, status.HTTP_201_CREATED)


class ProposalList(ProposalAPIView):
    """The proposals."""

    schema = ParameterSchema()

    def parameters(self) -> ParameterFields:
        return PROPOSAL_LIST_FIELDS

    @extend_schema(operation_id="proposals_list", responses=ProposalListSerializer)
    def get(self, request: Request) -> Response:
        """List the proposals that you may read, the oldest first: your own, and as a reviewer all."""
        params = read_params(request, PROPOSAL_LIST_FIELDS)
        readable = Proposal.objects.visible_to(request.user).select_related("case", "by").defer("base", "record")
        named = {"status": params.get("status"), "case__slug": params.get("case")}
        found = readable.filter(**{name: value for name, value in named.items() if value})
        total = found.count()
        part = page_bounds(request, params, total)
        page = {
            "count": total,
            "next": part.next,
            "previous": part.previous,
            "results": found[part.start : part.stop],
        }
        return Response(ProposalListSerializer(page, context={"request": request}).data)

    @extend_schema(request=NewProposalSerializer, responses={201: WholeProposalSerializer}, parameters=[IF_MATCH])
    def post(self, request: Request) -> Response:
        """Propose a revision of a case: contributors and curators whole, everybody else its texts."""
        data = self.read(NewProposalSerializer)
        return self.proposed(self.named(data["case"]), data)

    def named(self, slug: str) -> Case:
        """Return the case at a current or former address; raises CaseGone if it was merged into another."""
        try:
            return self.find(slug)
        except CaseMoved as elsewhere:
            if elsewhere.found.other:
                raise CaseGone(elsewhere.found.case) from elsewhere
            return self.find(elsewhere.found.address)


class CaseProposalCreate(ProposalAPIView, ParameterlessView):
    """Proposing a revision of one case."""

    @extend_schema(request=ProposingSerializer, responses={201: WholeProposalSerializer}, parameters=[IF_MATCH])
    def post(self, request: Request, slug: str) -> Response:
        """Propose a revision of this case: contributors and curators whole, everybody else its texts."""
        case = self.find(slug)
        return self.proposed(case, self.read(ProposingSerializer))


PROPOSAL_IF_MATCH = OpenApiParameter(
    "If-Match", str, "header", required=True, description="The ETag of the proposal as you read it."
)


def _is_unchanged(proposal: Proposal, version: int) -> bool:
    """Whether a proposal is pending and unchanged since `version`; if not, the action raises an error."""
    return proposal.is_pending and proposal.version == version


class ProposalDetail(ProposalAPIView, ParameterlessView):
    """One proposal."""

    @extend_schema(operation_id="proposals_retrieve", responses=WholeProposalSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Read one proposal with all that it changes. Its ETag names its version and that of its case."""
        return self.respond(pk)

    @extend_schema(request=AmendingSerializer, responses=WholeProposalSerializer, parameters=[PROPOSAL_IF_MATCH])
    def put(self, request: Request, pk: int) -> Response:
        """Amend a proposal. It then rests on the case as it is now, and waits for review again.

        Conflicts are decided by the texts that you send, or by the whole record; while others stay open this is
        refused (409).
        """
        proposal = self.proposal(pk)
        version, case_version = self.versions_read()
        data = self.read(AmendingSerializer)
        review = Review.of(proposal, request.user)
        with self.deciding(exceptions.ValidationError), transaction.atomic():
            actions.lock_case(case=review.case, version=case_version)
            if "record" not in data and _is_unchanged(proposal, version) and review.undecided(data["texts"]):
                raise UnresolvedConflicts(review)
            record = validate_record(data.get("record", {**review.merged.record, **data["texts"]}), review.case)
            actions.amend_proposal(
                proposal=proposal, record=record, by=self.curator, version=version, reason=data["reason"]
            )
        return self.respond(pk)


class ProposalAccept(ProposalAPIView, ParameterlessView):
    """Accepting."""

    @extend_schema(request=None, responses=WholeProposalSerializer, parameters=[PROPOSAL_IF_MATCH])
    def post(self, request: Request, pk: int) -> Response:
        """Make the case say what is proposed. While there are conflicts this is refused (409); amend it first."""
        proposal = self.proposal(pk)
        require_perm(self.curator, "review")
        version, case_version = self.versions_read()
        review = Review.of(proposal, request.user)
        if review.choices and _is_unchanged(proposal, version):
            raise UnresolvedConflicts(review)
        with self.deciding():
            record = validate_record(review.merged.record, review.case)
            actions.accept_proposal(
                proposal=proposal, record=record, by=self.curator, version=version, case_version=case_version
            )
        return self.respond(pk)


class ProposalReply(ProposalAPIView, ParameterlessView):
    """Base class of endpoints that reply to a proposal in words."""

    def answered(self, pk: int, verb: Any) -> Response:
        """Apply an action that takes a text, and respond with the proposal."""
        proposal = self.proposal(pk)
        version = self.version_read()
        data = self.read(ReasonSerializer)
        with self.deciding():
            verb(proposal=proposal, by=self.curator, version=version, text=data["reason"])
        return self.respond(pk)


class ProposalReturn(ProposalReply):
    """Returning."""

    @extend_schema(request=ReasonSerializer, responses=WholeProposalSerializer, parameters=[PROPOSAL_IF_MATCH])
    def post(self, request: Request, pk: int) -> Response:
        """Return a proposal to its author, saying what to amend."""
        return self.answered(pk, actions.return_proposal)


class ProposalDecline(ProposalReply):
    """Declining."""

    @extend_schema(request=ReasonSerializer, responses=WholeProposalSerializer, parameters=[PROPOSAL_IF_MATCH])
    def post(self, request: Request, pk: int) -> Response:
        """Turn a proposal down, saying why."""
        return self.answered(pk, actions.decline_proposal)


class ProposalRetract(ProposalAPIView, ParameterlessView):
    """Taking back."""

    @extend_schema(request=None, responses=WholeProposalSerializer, parameters=[PROPOSAL_IF_MATCH])
    def post(self, request: Request, pk: int) -> Response:
        """Take your own proposal back."""
        proposal = self.proposal(pk)
        version = self.version_read()
        with self.deciding():
            actions.retract_proposal(proposal=proposal, by=self.curator, version=version)
        return self.respond(pk)


class ProposalRemarks(ProposalAPIView, ParameterlessView):
    """What is said about a proposal."""

    @extend_schema(request=RemarkSerializer, responses={201: RemarkSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Say something about a proposal, or about one of its fields."""
        proposal = self.proposal(pk)
        data = self.read(RemarkSerializer)
        with self.writing():
            made = actions.add_remark(about=proposal, by=self.curator, **data)
        return Response(RemarkSerializer(made).data, status.HTTP_201_CREATED)
