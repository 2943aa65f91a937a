"""What concerns signing in and is served at the main host only."""

from django.urls import path

from api.v1.authentication import rescue

urlpatterns = [
    path("owner-centers/<uuid:id>/lift-lock/", rescue.OwnerLiftLockView.as_view()),
    path("owner-centers/<uuid:id>/reset-second-factor/", rescue.OwnerResetFactorView.as_view()),
]
