"""An SFTP server that means harm, made with paramiko. Lets everybody in and serves one trick:

    hostile_server.py HOST_KEY TRICK FOLDER

FOLDER holds a sound response. Prints its port when it listens, and every path that it was asked to remove.
"""

import os
import socket
import stat
import sys
import threading

import paramiko

NAME = "2026-11-22_pns_bkn_0001"
HOST_KEY, TRICK, FOLDER = sys.argv[1:]


class Anybody(paramiko.ServerInterface):
    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


def entry(name, size=0, mode=stat.S_IFDIR | 0o755):
    attributes = paramiko.SFTPAttributes()
    attributes.filename = name
    attributes.st_mode = mode
    attributes.st_size = size
    attributes.st_mtime = 1
    return attributes


def file(name, size):
    return entry(name, size, stat.S_IFREG | 0o644)


class Handle(paramiko.SFTPHandle):
    def __init__(self, path):
        super().__init__()
        with open(path, "rb") as found:
            self.data = found.read()
        if TRICK == "short file" and path.endswith(".age"):
            self.data = self.data[:10]
        self.endless = TRICK == "endless file" and path.endswith(".age")
        self.endless_list = TRICK == "endless list" and path.endswith("SHA256SUMS")

    def read(self, offset, length):
        if self.endless or self.endless_list:
            return b"a" * length
        return self.data[offset:offset + length] or paramiko.SFTP_EOF


class Harm(paramiko.SFTPServerInterface):
    def list_folder(self, path):
        folder = path.strip("/")
        if folder == "receipts":
            if TRICK == "names":
                return [file(f"../../evil{ending}", 5) for ending in (".json", ".json.sig", ".txt")]
            return []
        if folder == "outbox":
            if TRICK == "names":
                return [entry(name) for name in ("../../evil", "/etc/evil", "..", "a/b", ".hidden", "-rf", "a\x1b[2J")]
            if TRICK == "link":
                return [entry(NAME, mode=stat.S_IFLNK | 0o777)]
            if TRICK == "endless listing":
                return [entry("x" * 200 + str(number)) for number in range(150_000)]
            return [entry(NAME)]
        sizes = {name: os.stat(f"{FOLDER}/{name}").st_size for name in os.listdir(FOLDER)}
        entries = [file(name, size) for name, size in sizes.items()]
        if TRICK == "huge file":
            entries = [file(name, 1 << 50 if name.endswith(".age") else size) for name, size in sizes.items()]
        if TRICK == "no room":
            entries = [file(name, 60 << 30 if name.endswith((".age", ".txt")) else size) for name, size in sizes.items()]
        if TRICK == "linked file":
            entries = [entry(e.filename, e.st_size, stat.S_IFLNK | 0o777) for e in entries]
        return entries

    def open(self, path, flags, attributes):
        name = os.path.basename(path)
        try:
            return Handle(f"{FOLDER}/{name}")
        except OSError:
            return paramiko.SFTP_NO_SUCH_FILE

    def remove(self, path):
        print("removed", path, flush=True)
        return paramiko.SFTP_OK

    rmdir = remove

    def canonicalize(self, path):
        return "/"


def serve(client, key):
    transport = paramiko.Transport(client)
    transport.add_server_key(key)
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Harm)
    transport.start_server(server=Anybody())


def main():
    key = paramiko.Ed25519Key.from_private_key_file(HOST_KEY)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, key), daemon=True).start()


main()
