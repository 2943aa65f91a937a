from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.mock_tests import bank, quizzes, views
from api.v1.mock_tests.blueprints import BlueprintViewSet
from api.v1.mock_tests.media import MediaView, UploadedView
from api.v1.mock_tests.profiles import ExamProfileViewSet

router = SimpleRouter(use_regex_path=False)
router.register("mock-tests", views.MockTestViewSet, basename="mock-test")
router.register("test-sections", views.SectionViewSet, basename="test-section")
router.register("question-groups", views.QuestionGroupViewSet, basename="question-group")
router.register("questions", views.QuestionViewSet, basename="question")
router.register("quizzes", quizzes.QuizViewSet, basename="quiz")
router.register("quiz-questions", quizzes.QuizQuestionViewSet, basename="quiz-question")
router.register("topics", bank.TopicViewSet, basename="topic")
router.register("bank-questions", bank.BankQuestionViewSet, basename="bank-question")
router.register("blueprints", BlueprintViewSet, basename="blueprint")
router.register("exam-profiles", ExamProfileViewSet, basename="exam-profile")

urlpatterns = [
    *router.urls,
    path("media-uploads/", views.UploadView.as_view()),
    path("media-uploads/<uuid:id>/", UploadedView.as_view()),
    path("media/<uuid:id>/", MediaView.as_view()),
]
