"""What avatars, pictures and recordings of tests, and materials share: what a file really is (``sniffing``, ``pictures``,
``sounds``, ``documents``: plain Python), and where it is kept and how it is shown (``storage``, ``store``, ``links``,
``usage``, ``orphans``).
"""
