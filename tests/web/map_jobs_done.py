"""Waiting for a map that a server computes."""

import time


def computed(client, address):
    """The answer of the route `address` once it is not computing any more; the map is asked for."""
    answer, deadline = client.post(address).json(), time.monotonic() + 120
    while answer["state"] == "computing":
        assert time.monotonic() < deadline
        time.sleep(0.05)
        answer = client.get(address).json()
    return answer
