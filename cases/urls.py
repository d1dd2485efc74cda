from django.urls import path

from . import views

app_name = "cases"
urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("cases/", views.case_list, name="list"),
    path("cases/<slug:slug>/", views.case_page, name="case"),
    path("cases/<slug:slug>/narrative/<int:number>/", views.narrative, name="narrative"),
    path("components/", views.components, name="components"),
]
