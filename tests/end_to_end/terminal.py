"""Runs a command in a terminal of its own, types Ctrl-C once it has printed a
text, and says how it ended: python3 terminal.py TEXT COMMAND..."""

import json
import os
import pty
import select
import sys
import time

text, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
printed, typed, end = b"", False, time.monotonic() + 300
while time.monotonic() < end:
    ready, _, _ = select.select([terminal], [], [], 1)
    try:
        chunk = os.read(terminal, 65536) if ready else None
    except OSError:  # The other end is closed.
        break
    if chunk == b"":
        break
    printed += chunk or b""
    if not typed and text.encode() in printed:
        os.write(terminal, b"\x03")
        typed = True
else:
    os.kill(child, 9)
_, status = os.waitpid(child, 0)
print(json.dumps({
    "code": os.waitstatus_to_exitcode(status),
    "printed": printed.decode(errors="replace"),
    "typed": typed,
}))
