import platform
import subprocess
import sys

import pytest

from tests.support.places import PROJECT

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
