from django.contrib.auth.hashers import Argon2PasswordHasher


class ClassroomArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane: the first of the settings in OWASP's Password Storage Cheat Sheet.

    Django's default takes 100 MiB and eight lanes; a class that signs in at the same moment would wait for it.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
