"""Seconds to import the server in a fresh process (target: under 3), and that the slow packages stay out."""

import json
import statistics
import subprocess
import sys
import time

SLOW = ("sklearn", "esda", "rasterio", "pandas", "folium")


def main() -> None:
    """Time five fresh processes."""
    program = "import sys, json, mapping.app; print(json.dumps([n for n in sys.argv[1:] if n in sys.modules]))"
    seconds = []
    for _ in range(6):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", program, *SLOW], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - began)
        assert json.loads(done.stdout) == [], "a slow package is imported at start-up"
    median, worst = statistics.median(seconds[1:]), max(seconds[1:])
    print(f"import mapping.app: median {median:.2f} s, worst {worst:.2f} s (target < 3)")
