from django.apps import AppConfig


class MockTestsConfig(AppConfig):
    name = "apps.mock_tests"
    verbose_name = "Tests"
