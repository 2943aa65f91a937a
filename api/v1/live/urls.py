from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.live import refused, views

router = SimpleRouter(use_regex_path=False)
router.register("quiz-sessions", views.QuizSessionViewSet, basename="quiz-sessions")
urlpatterns = [
    path("leaderboards/quizzes/<uuid:id>/", views.QuizBoardView.as_view()),
    path("quiz-sessions/<uuid:id>/refused-answers/", refused.RefusedLiveAnswersView.as_view()),
    *router.urls,
]
