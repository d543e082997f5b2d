"""A process that does one job as often as it is asked: python worker.py JOB

JOB is JSON. Answers with a line of JSON when it is ready, then with one for
each line of standard input, which says how often; the seconds are its own.
"""

import json
import os
import sys
import time

# Whatever else is printed goes to standard error.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def answer(value):
    print(json.dumps(value), file=answers)


def main():
    from jobs import prepare

    facts, run = prepare(json.loads(sys.argv[1]))
    answer(facts)
    for line in sys.stdin:
        start = time.perf_counter()
        run(int(line))
        answer({"seconds": time.perf_counter() - start})


if __name__ == "__main__":
    main()
