from rest_framework.routers import SimpleRouter

from api.v1.notifications.views import NoticeViewSet

router = SimpleRouter(use_regex_path=False)
router.register("notifications", NoticeViewSet, basename="notifications")
urlpatterns = router.urls
