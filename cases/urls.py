from django.urls import path

from .views import affirming, history, manual, overview, proposals, reading, reviewing, suggesting

app_name = "cases"
urlpatterns = [
    path("", reading.home, name="home"),
    path("about/", reading.about, name="about"),
    path("cases/", reading.case_list, name="list"),
    path("cases/<slug:slug>/", reading.case_page, name="case"),
    path("cases/<slug:slug>/narrative/<int:number>/", reading.narrative, name="narrative"),
    path("cases/<slug:slug>/history/", history.case_history, name="history"),
    path("cases/<slug:slug>/versions/<int:number>/", history.version_page, name="version"),
    path("cases/<slug:slug>/versions/<int:number>/revert/", history.revert_page, name="revert"),
    path("cases/<slug:slug>/compare/", history.compare_page, name="compare"),
    path("cases/<slug:slug>/affirm/", affirming.affirm_page, name="affirm"),
    path("cases/<slug:slug>/suggest/", suggesting.suggest_page, name="suggest"),
    path("cases/<slug:slug>/review/", reviewing.review_page, name="review"),
    path("cases/<slug:slug>/review/<str:verb>/", reviewing.move_case, name="move"),
    path("cases/facets/<slug:name>/", reading.facet_values, name="facet-values"),
    path("contributions/", suggesting.contributions, name="contributions"),
    path("proposals/", proposals.proposal_queue, name="proposals"),
    path("proposals/<int:pk>/", proposals.proposal_page, name="proposal"),
    path("proposals/<int:pk>/amend/", suggesting.amend_page, name="amend"),
    path("proposals/<int:pk>/choose/", proposals.choose_conflict_values, name="choose"),
    path("proposals/<int:pk>/remark/", proposals.post_remark, name="remark"),
    path("proposals/<int:pk>/<str:verb>/", proposals.decide_proposal, name="decide"),
    path("curation/", overview.overview_page, name="overview"),
    path("taxonomy/manual/", manual.manual, name="manual"),
    path("components/", reading.components, name="components"),
]
