from django.apps import AppConfig


class CentersConfig(AppConfig):
    name = "apps.centers"
    verbose_name = "Centers"
