"""The two servers under test, each started on a loopback port with files of its own."""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 60
TICK = os.sysconf("SC_CLK_TCK")
SFTP_SERVER = [Path("/usr/lib/openssh/sftp-server"), Path("/usr/libexec/openssh/sftp-server"), Path("/usr/lib/ssh/sftp-server")]


class Server:
    """One of them: how a client reaches it, where its files lie, what it takes."""

    def ssh(self):
        """Options of ssh and sftp that lead here; the host is called `server`."""
        options = {
            "HostName": "127.0.0.1", "Port": self.port, "User": self.user, "IdentityFile": self.key, "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.known_hosts, "GlobalKnownHostsFile": "/dev/null", "HostKeyAlias": "padan",
            "StrictHostKeyChecking": "yes", "BatchMode": "yes",
            # Which exchange of keys is faster is not the question; both know this one.
            "KexAlgorithms": "curve25519-sha256",
        }
        return ["-F", "/dev/null", *(f"-o{name}={value}" for name, value in options.items())]

    def cpu(self):
        """Seconds of both cores since the start, of the server and all that ran for connections that are over."""
        self.rest()
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        # utime, stime, cutime, cstime of proc(5).
        return sum(int(ticks) for ticks in fields[11:15]) / TICK

    def rest(self):
        """Waits until no process of an ended connection is left."""
        until = time.monotonic() + PATIENCE
        while len(self.processes()) > 1 and time.monotonic() < until:
            time.sleep(0.005)

    def pss(self):
        """MiB that all its processes hold, shared pages counted once."""
        lines = [line for pid in self.processes() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    def processes(self):
        found = [self.process.pid]
        for pid in found:
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
            except OSError:
                # It has just ended.
                pass
        return found

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def answers(self):
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise SystemExit(f"{self.name} did not start")
                time.sleep(0.02)


class Padan(Server):
    """`padan serve` as a party sees it, with some of the settings in the section `sftp`."""

    name = "padan"

    def __init__(self, binary, home, **settings):
        config = home / "padan.yaml"
        subprocess.run([binary, "init", home, "--trial"], check=True, capture_output=True)
        # All connections here come from one address.
        settings = {"connections_per_address": 512, "max_startups": "200:30:300", **settings}
        text = config.read_text()
        for name, value in settings.items():
            text, found = re.subn(f"(?m)^  {name}: .*$", f"  {name}: {str(value).lower()}", text)
            if found != 1:
                raise SystemExit(f"padan.yaml has no sftp.{name} to set")
        config.write_text(text)
        trial = home / "trial" / "bkn"
        self.user, self.key, self.known_hosts = "bkn", trial / "id_ed25519", trial / "known_hosts"
        self.port = free_port()
        party = home / "data" / "parties" / "bkn"
        with open(home / "log", "wb") as log:
            command = [binary, "serve", "--config", config, "--listen", f"127.0.0.1:{self.port}"]
            self.process = subprocess.Popen(command, stderr=log, stdout=log)
        self.answers()
        # Where a client puts, from where it gets, and where both lie here.
        self.put_path, self.put_folder = "/inbox", party / "inbox"
        self.get_path, self.get_folder = "/outbox", party / "outbox"


class Sshd(Server):
    """OpenSSH's sshd as distributions set it up, with the host key and the client's key of a trial."""

    name = "sshd"

    def __init__(self, home, padan):
        home.mkdir()
        self.user, self.key, self.known_hosts = getpass.getuser(), padan.key, padan.known_hosts
        self.port = free_port()
        host_key = home / "host_key"
        shutil.copy(padan.key.parents[2] / "keys/service/ssh_host_ed25519_key", host_key)
        host_key.chmod(0o600)
        keys = home / "authorized_keys"
        shutil.copy(f"{padan.key}.pub", keys)
        server = next((path for path in SFTP_SERVER if path.exists()), None)
        if server is None:
            raise SystemExit("no sftp-server of OpenSSH found")
        config = home / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {host_key}\nAuthorizedKeysFile {keys}\nPidFile none\n"
            "UsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nMaxStartups 200:30:300\nMaxSessions 200\n"
            f"Subsystem sftp {server}\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        command = [shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin"), "-D", "-f", config, "-E", home / "log"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.answers()
        self.put_folder, self.get_folder = home / "put", home / "get"
        for folder in (self.put_folder, self.get_folder):
            folder.mkdir()
        self.put_path, self.get_path = self.put_folder, self.get_folder


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
