from django.urls import path

from api.v1.analytics import views

urlpatterns = [
    path("analytics/center-admin/", views.CenterAdminView.as_view()),
    path("analytics/teacher/", views.TeacherView.as_view()),
    path("analytics/student/", views.StudentView.as_view()),
]
