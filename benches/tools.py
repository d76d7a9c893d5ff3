"""Installs what the peers need: Python packages into an environment in the build folder, Debian packages as root."""

import os
import shutil
import subprocess
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def python_with(requirements):
    """A Python that has the pinned packages of a requirements file."""
    home = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / f"bench-{requirements.parent.name}"
    python = home / "bin/python"
    if not python.exists():
        venv.create(home, with_pip=True, clear=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements], check=True)
    return python


def age():
    """The age command."""
    if shutil.which("age") is None:
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "age"], check=True, stdout=subprocess.DEVNULL)
