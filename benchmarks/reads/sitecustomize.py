"""Counts the statements with which a server reads its database, from outside its own code.

Python imports this file before the server's program when its folder is on PYTHONPATH. Every
statement of every connection that `sqlite3` opens is seen by a trace callback; those that begin
with SELECT are added up in the file that READS_FILE names, as eight bytes.
"""

import mmap
import os
import sqlite3
import struct
import threading
from pathlib import Path
from typing import Any

_target = os.environ.get("READS_FILE")
if _target is not None:
    Path(_target).write_bytes(bytes(8))
    with Path(_target).open("r+b") as _file:
        _counter = mmap.mmap(_file.fileno(), 8)
    _lock = threading.Lock()
    _connect = sqlite3.connect

    def _count(statement: str) -> None:
        if statement.lstrip()[:6].upper() == "SELECT":
            with _lock:
                value = struct.unpack("<q", _counter[:])[0]
                _counter[:] = struct.pack("<q", value + 1)

    def _counting_connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = _connect(*args, **options)
        connection.set_trace_callback(_count)
        return connection

    for _module in (sqlite3, sqlite3.dbapi2):
        vars(_module)["connect"] = _counting_connect
