from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.subscriptions import views

router = SimpleRouter(use_regex_path=False)
router.register("owner-subscriptions", views.OwnerSubscriptionViewSet, basename="owner-subscriptions")
urlpatterns = [*router.urls, path("subscriptions/plans/", views.PlansView.as_view())]
