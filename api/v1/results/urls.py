from django.urls import path

from api.v1.results import views

urlpatterns = [
    path("results/exams/<uuid:id>/", views.ExamResultsView.as_view()),
    path("results/my-results/", views.MyResultsView.as_view()),
    path("results/users/<uuid:id>/", views.UserResultsView.as_view()),
]
