"""The same client for both servers: OpenSSH's sftp, and a bare session where sftp has no command for it."""

import os
import struct
import subprocess
import time
from dataclasses import dataclass

GCM = "aes256-gcm@openssh.com"
CHACHA = "chacha20-poly1305@openssh.com"


@dataclass
class Cost:
    """Seconds: of the clock, of the server's processors, of the client's."""

    wall: float
    server: float
    client: float


def transfer(server, *batches, cipher=GCM, options=()):
    """Runs one sftp for each batch, all at once, and waits for all."""
    client, cpu, begin = os.times(), server.cpu(), time.perf_counter()
    running = [start(server, batch, cipher, options) for batch in batches]
    for process in running:
        _, complaint = process.communicate()
        if process.returncode:
            raise SystemExit(f"sftp to {server.name} failed: {complaint.decode(errors='replace')}")
    wall = time.perf_counter() - begin
    after = os.times()
    used = after.children_user + after.children_system - client.children_user - client.children_system
    return Cost(wall, server.cpu() - cpu, used)


def start(server, batch, cipher, options=()):
    command = ["sftp", "-q", *options, "-c", cipher, *server.ssh(), "-b", "-", "server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    process.stdin.write(("\n".join(batch) + "\n").encode())
    process.stdin.close()
    process.stdin = None
    return process


class Session:
    """A connection that has opened SFTP (draft-ietf-secsh-filexfer-02) and says no more than it is told to."""

    INIT, CLOSE, OPENDIR, READDIR = 1, 4, 11, 12
    VERSION, STATUS, HANDLE, NAME = 2, 101, 102, 104

    def __init__(self, server):
        command = ["ssh", "-c", GCM, *server.ssh(), "-s", "server", "sftp"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.send(self.INIT, struct.pack(">I", 3))
        self.expect(self.VERSION)

    def list(self, path):
        """Lists a folder to its end."""
        path = str(path).encode()
        self.request(self.OPENDIR, path)
        handle = self.expect(self.HANDLE)[8:]
        kind = self.NAME
        while kind == self.NAME:
            self.request(self.READDIR, handle)
            kind, _ = self.receive()
        self.request(self.CLOSE, handle)
        self.expect(self.STATUS)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def request(self, kind, text):
        self.number += 1
        self.send(kind, struct.pack(">II", self.number, len(text)) + text)

    def send(self, kind, payload):
        self.process.stdin.write(struct.pack(">IB", len(payload) + 1, kind) + payload)
        self.process.stdin.flush()

    def receive(self):
        head = self.process.stdout.read(5)
        if len(head) < 5:
            raise SystemExit("a session ended early")
        length, kind = struct.unpack(">IB", head)
        return kind, self.process.stdout.read(length - 1)

    def expect(self, kind):
        got, payload = self.receive()
        if got != kind:
            raise SystemExit(f"the server answered {got} and not {kind}")
        return payload
