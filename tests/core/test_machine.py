import platform
import subprocess
import sys

import pytest

from tests.support.places import PROJECT

PEAK = """
from mnist_core.machine import measure_peak_memory
before = measure_peak_memory()
block = bytearray(200_000_000)
block[::1000] = bytes(len(block[::1000]))
del block
print(before, measure_peak_memory())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell it so")
def test_the_most_memory_so_far_is_of_this_process_alone():
    """Its parent, here with 400 MB more, is another process: Linux's getrusage would count it."""
    parent = f"import subprocess, sys; held = b'1' * 400_000_000; subprocess.run([sys.executable, '-c', {PEAK!r}])"
    done = subprocess.run([sys.executable, "-c", parent], cwd=PROJECT, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert 1_000_000 < before < 100_000_000
    assert 190_000_000 < after - before < 210_000_000


FETCHED = """
import resource
from mnist_core.machine import keep_freed_memory
{first}

def fetch_pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    together = [bytearray(20 << 20) for _ in range(3)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

fetch_pages(), fetch_pages()
print(fetch_pages())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
@pytest.mark.parametrize(("first", "least", "most"), [("", 10_000, 20_000), ("keep_freed_memory()", 0, 100)])
def test_memory_that_was_freed_need_not_be_fetched_from_the_system_again(first, least, most):
    """Of the 15,360 pages of 60 MB that are taken, freed and taken again."""
    code = FETCHED.format(first=first)
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert least <= int(done.stdout) <= most
