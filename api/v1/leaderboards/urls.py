from django.urls import path

from api.v1.leaderboards import views

urlpatterns = [
    path("leaderboards/exams/<uuid:id>/", views.ExamBoardView.as_view()),
]
