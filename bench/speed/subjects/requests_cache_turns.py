"""Times requests-cache on SQLite, in turns with others that are timed in another process.

Reads lines of JSON from standard input, {"times": N, "url": "..."}, and answers each with the microseconds that one
request took. "{n}" in a URL stands for a number that was not used before. The first line that it prints says the versions.
Its one argument is the folder for the cache. It ends when its input does.
"""

import json
import os
import platform
import sqlite3
import sys
from importlib.metadata import version
from itertools import count
from time import perf_counter

from requests_cache import CachedSession

session = CachedSession(os.path.join(sys.argv[1], "cache"), backend="sqlite", expire_after=86_400)
numbers = count()


def time_of(times, url):
    urls = [url.replace("{n}", f"python{next(numbers)}") if "{n}" in url else url for _ in range(times)]
    start = perf_counter()
    for each in urls:
        session.get(each).json()
    return (perf_counter() - start) / times * 1_000_000


def say(what):
    print(json.dumps(what), flush=True)


say({"requests-cache": version("requests-cache"), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version})
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("clear"):
        session.cache.clear()
        say(0)
    else:
        say(time_of(asked["times"], asked["url"]))
