from rest_framework.routers import SimpleRouter

from api.v1.mail.views import MailViewSet

router = SimpleRouter(use_regex_path=False)
router.register("mails", MailViewSet, basename="mails")
urlpatterns = router.urls
