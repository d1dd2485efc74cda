from django.urls import path

from . import views

app_name = "taxonomy"
urlpatterns = [
    path("", views.codebook, name="codebook"),
    path("history/", views.codebook_history, name="history"),
    path("<slug:vocabulary>/<slug:slug>/", views.term, name="term"),
]
