"""What a script on an agency's machine does with paramiko.

    paramiko_client.py PORT USER KEY KNOWN_HOSTS TASK ARGUMENT...
"""

import os
import stat
import sys

import paramiko


def main():
    port, user, key, known_hosts, task, *arguments = sys.argv[1:]
    with paramiko.SSHClient() as ssh:
        ssh.load_host_keys(known_hosts)
        ssh.connect("127.0.0.1", int(port), user, key_filename=key, allow_agent=False, look_for_keys=False)
        with ssh.open_sftp() as sftp:
            TASKS[task](sftp, *arguments)


def put(sftp, local, remote):
    sftp.put(local, remote)


def get(sftp, remote, local):
    """Asks for the whole file before the first answer is read."""
    sftp.get(remote, local)


def resume_put(sftp, local, remote):
    with open(local, "rb") as source, sftp.open(remote, "ab") as target:
        target.set_pipelined(True)
        source.seek(sftp.stat(remote).st_size)
        while data := source.read(1 << 20):
            target.write(data)


def resume_get(sftp, remote, local):
    with sftp.open(remote, "rb") as source, open(local, "ab") as target:
        source.seek(target.tell())
        while data := source.read(1 << 20):
            target.write(data)


def put_with_time(sftp, local, remote):
    sftp.put(local, remote)
    status = os.stat(local)
    sftp.utime(remote, (status.st_atime, status.st_mtime))


def get_with_time(sftp, remote, local):
    sftp.get(remote, local)
    status = sftp.stat(remote)
    os.utime(local, (status.st_atime, status.st_mtime))


def names(sftp, folder):
    for entry in sftp.listdir_iter(folder):
        print(entry.filename)


def digest(sftp, algorithm, remote):
    """The server reads the file; only its checksum travels."""
    with sftp.open(remote, "rb") as file:
        print(file.check(algorithm).hex())


def rename(sftp, old, new):
    sftp.posix_rename(old, new)


def remove(sftp, file):
    sftp.remove(file)


def put_tree(sftp, local, remote):
    sftp.mkdir(remote)
    for entry in os.scandir(local):
        below = f"{remote}/{entry.name}"
        (put_tree if entry.is_dir() else put)(sftp, entry.path, below)


def get_tree(sftp, remote, local):
    os.mkdir(local)
    for entry in sftp.listdir_attr(remote):
        below = f"{remote}/{entry.filename}"
        (get_tree if stat.S_ISDIR(entry.st_mode) else get)(sftp, below, os.path.join(local, entry.filename))


TASKS = {
    "put": put,
    "get": get,
    "resume-put": resume_put,
    "resume-get": resume_get,
    "put-with-time": put_with_time,
    "get-with-time": get_with_time,
    "list": names,
    "digest": digest,
    "rename": rename,
    "remove": remove,
    "put-tree": put_tree,
    "get-tree": get_tree,
}

main()
