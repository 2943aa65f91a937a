from django.apps import AppConfig


class AttemptsConfig(AppConfig):
    name = "apps.attempts"
    verbose_name = "Attempts"
