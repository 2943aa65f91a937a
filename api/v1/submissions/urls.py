from rest_framework.routers import SimpleRouter

from api.v1.submissions.views import SubmissionViewSet

router = SimpleRouter(use_regex_path=False)
router.register("submissions", SubmissionViewSet, basename="submissions")
urlpatterns = router.urls
