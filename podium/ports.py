"""Free ports below 32768: above, the kernel hands them out to outgoing connections, and a server may find its own port taken."""

import random
import socket

LOWEST, HIGHEST = 20_000, 32_000


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """`count` different ports that nothing listens on now. Raises OSError if a thousand tries do not find them."""
    found: list[int] = []
    for _ in range(1000):
        if len(found) == count:
            return found
        port = random.randint(LOWEST, HIGHEST)
        if port not in found and is_free(port, host):
            found.append(port)
    raise OSError(f"no {count} free ports between {LOWEST} and {HIGHEST}")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
