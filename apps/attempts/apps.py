from django.apps import AppConfig


class AttemptsConfig(AppConfig):
    name = "apps.attempts"
