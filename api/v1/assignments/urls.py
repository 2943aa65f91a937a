from rest_framework.routers import SimpleRouter

from api.v1.assignments.views import AssignmentViewSet

router = SimpleRouter(use_regex_path=False)
router.register("exam-assignments", AssignmentViewSet, basename="assignments")
urlpatterns = router.urls
