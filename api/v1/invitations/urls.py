from rest_framework.routers import SimpleRouter

from api.v1.invitations.views import InvitationViewSet

router = SimpleRouter(use_regex_path=False)
router.register("centers/invitations", InvitationViewSet, basename="invitations")
urlpatterns = router.urls
