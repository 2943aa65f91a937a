from django.urls import path

from api.v1.acting import views

urlpatterns = [
    path("owner-centers/<uuid:id>/act-as/", views.ActAsView.as_view()),
    path("owner-centers/<uuid:id>/act-as/<uuid:acting_id>/end/", views.ActAsEndView.as_view()),
]
