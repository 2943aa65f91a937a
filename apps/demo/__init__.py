"""Demo centers, demo people, a demo exam and a simulated class, all through the same doors as real ones.

Owns: nothing but commands. Refuses to run where ``SHIKEN_DEMO`` is off.
"""
