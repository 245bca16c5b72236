"""One client process: asks for paths in turn over one kept connection, and prints the seconds each took.

Reads `{"port": …, "paths": […], "seconds": …}` from its standard input; goes through the paths again while there is
time. Ends with an error at the first answer that is not a page.
"""

import http.client
import json
import sys
import time


def main() -> None:
    task = json.load(sys.stdin)
    connection = http.client.HTTPConnection("127.0.0.1", task["port"], timeout=30)
    taken: list[float] = []
    connected = 0
    number = task.get("first", 0)
    start = time.perf_counter()
    while time.perf_counter() - start < task["seconds"]:
        path = task["paths"][number % len(task["paths"])]
        number += 1
        before = time.perf_counter()
        if connection.sock is None:
            connected += 1
        connection.request("GET", path, headers={"Accept-Language": "fr", **task.get("headers", {})})
        response = connection.getresponse()
        body = response.read()
        taken.append(time.perf_counter() - before)
        if response.status != 200 or not body.rstrip().endswith(b"</html>"):
            sys.exit(f"{path}: status {response.status}, {len(body)} bytes")
    json.dump({"taken": taken, "seconds": time.perf_counter() - start, "connections": connected}, sys.stdout)


if __name__ == "__main__":
    main()
