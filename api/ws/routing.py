"""The table of contents of the sockets."""

from channels.routing import URLRouter
from django.urls import path, re_path

from api.ws.attempts import AttemptSocket
from api.ws.base import Nowhere
from api.ws.leaderboards import LeaderboardSocket
from api.ws.notifications import NotificationSocket
from api.ws.quizzes import QuizSocket
from api.ws.rooms import RoomSocket

routes = [
    path("ws/attempts/<uuid:attempt_id>/", AttemptSocket.as_asgi()),
    path("ws/leaderboards/<uuid:assignment_id>/", LeaderboardSocket.as_asgi()),
    path("ws/quizzes/<uuid:session_id>/", QuizSocket.as_asgi()),
    path("ws/rooms/<uuid:assignment_id>/", RoomSocket.as_asgi()),
    re_path(r"^ws/notifications/$", NotificationSocket.as_asgi()),
    re_path(r"", Nowhere.as_asgi()),  # the last one: whatever no other route takes
]
application = URLRouter(routes)
