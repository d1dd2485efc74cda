from django.urls import path

from . import views

app_name = "annotations"
urlpatterns = [
    path("", views.annotate, name="annotate"),
    path("mine/", views.mine, name="mine"),
    path("<int:pk>/", views.note_page, name="note"),
    path("<int:pk>/edit/", views.revise, name="revise"),
    path("<int:pk>/delete/", views.remove, name="remove"),
]
