from rest_framework.routers import SimpleRouter

from api.v1.groups.views import GroupViewSet, MembershipViewSet

router = SimpleRouter(use_regex_path=False)
router.register("groups", GroupViewSet, basename="groups")
router.register("group-memberships", MembershipViewSet, basename="group-memberships")
urlpatterns = router.urls
