from django.urls import include, path
from rest_framework.routers import SimpleRouter

from api.v1.attempts import evidence, fairness, listening, marking, rooms, seats, views

router = SimpleRouter(use_regex_path=False)
router.register("grading-queue/rooms", marking.MarkedRoomViewSet, basename="grading-room")
router.register("grading-queue", marking.GradingQueueViewSet, basename="grading-queue")
router.register("attempts", views.AttemptViewSet, basename="attempt")

urlpatterns = [
    path("exam-assignments/<uuid:id>/start/", views.StartView.as_view()),
    path("exam-assignments/<uuid:id>/extend/", rooms.ExtendView.as_view()),
    path("exam-assignments/<uuid:id>/pause/", rooms.PauseView.as_view()),
    path("exam-assignments/<uuid:id>/resume/", rooms.ResumeView.as_view()),
    path("exam-assignments/<uuid:id>/reopen-seats/", rooms.ReopenSeatsView.as_view()),
    path("exam-assignments/<uuid:id>/force-submit/", seats.ForceSubmitView.as_view()),
    path("exam-assignments/<uuid:id>/seats/", seats.SeatsView.as_view()),
    path("exam-assignments/<uuid:id>/finalize/", rooms.FinaliseView.as_view()),
    path("attempts/<uuid:id>/void/", fairness.VoidView.as_view()),
    path("attempts/<uuid:id>/accommodate/", fairness.AccommodateView.as_view()),
    path("attempts/<uuid:id>/extend/", fairness.ExtendAttemptView.as_view()),
    path("attempts/<uuid:id>/ledger/", evidence.LedgerView.as_view()),
    path("attempts/<uuid:id>/refused-answers/", evidence.RefusedAnswersView.as_view()),
    path("attempts/<uuid:id>/withdrawn-sheets/", evidence.WithdrawnSheetsView.as_view()),
    path("attempts/<uuid:id>/plays/", listening.PlaysView.as_view()),
    path("plays/<uuid:id>/", listening.PlayMediaView.as_view()),
    path("exam-assignments/<uuid:id>/cues/", listening.CuesView.as_view()),
    path("exam-assignments/<uuid:id>/recordings/", listening.RecordingsView.as_view()),
    path("attempts/<uuid:id>/next-recording/", listening.NextRecordingView.as_view()),
    path("receipts/check/", fairness.ReceiptCheckView.as_view()),
    path("", include(router.urls)),
]
