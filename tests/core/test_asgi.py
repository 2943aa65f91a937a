from __future__ import annotations

import subprocess
import sys


def test_what_a_web_process_has_loaded_is_out_of_the_collectors_sight():
    """A full collection over all of it takes a fifth of a second, in which nobody's answer is acknowledged."""
    program = "import gc, config.asgi; print(gc.get_freeze_count(), len(gc.get_objects()))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    frozen, rest = map(int, told.split())
    assert frozen > 20 * rest
