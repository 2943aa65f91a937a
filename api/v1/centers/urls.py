from rest_framework.routers import SimpleRouter

from api.v1.centers.views import OwnerCenterViewSet

router = SimpleRouter(use_regex_path=False)
router.register("owner-centers", OwnerCenterViewSet, basename="owner-centers")
urlpatterns = router.urls
