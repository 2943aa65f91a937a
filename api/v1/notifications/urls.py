from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.notifications.views import NoticeViewSet, UnsubscribeView, WishesView

router = SimpleRouter(use_regex_path=False)
router.register("notifications", NoticeViewSet, basename="notifications")
urlpatterns = [
    path("notifications/mail-wishes/", WishesView.as_view()),
    path("notifications/unsubscribe/", UnsubscribeView.as_view()),
    *router.urls,
]
