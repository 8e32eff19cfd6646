"""Installs what a check needs, if it is missing: Debian packages when root, Python packages into folders here."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import sys

from support.programs import run
from support.report import NotRun, say

HERE = pathlib.Path(__file__).resolve().parent.parent
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")
# Set where there is no way out: support/namespaces.py.
INSIDE = "INTEROP_INSIDE"

# The Python environments: what is in each, to the version.
PACKAGES = {
    "python": ["websockets==17.4", "cryptography==50.0.2"],
    "quic": ["aioquic==1.7.2"],
    "virtualenv": ["virtualenv==20.15.1"],  # the last line that can make environments of CPython 2.7: < 20.22
    "autobahn": ["autobahntestsuite==25.10.1"],
    # The upstream executables, unmodified. Only run: nothing of them is in this repository.
    "daemon": [
        "pilotprotocol==1.18.0"
        " --hash=sha256:08c19477e96934097313c95cb6b018fc32e328c20f5efbff9353e2e82db4a319"
        " --hash=sha256:9cd13bf616d4491b594c6ab6994c53ebd34dd20f93fb8d9bb3311d695c705a4f"
    ],
}


@contextlib.contextmanager
def _alone():
    """Only one check installs at a time."""
    with open(HERE / ".venv-lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def program(name, package, folders=("/usr/sbin", "/sbin")):
    """The path of a program, whose Debian package is installed if need be."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *folders])
    with _alone():
        if not shutil.which(name, path=path):
            _install(package)
    found = shutil.which(name, path=path)
    if not found:
        raise NotRun(f"the package {package} has no program {name}")
    return found


def debian_file(path, package):
    """A file of a Debian package, which is installed if need be."""
    with _alone():
        if not os.path.exists(path):
            _install(package)
    if not os.path.exists(path):
        raise NotRun(f"the package {package} has no {path}")
    return pathlib.Path(path)


def _install(package):
    if os.geteuid() != 0 or not shutil.which("apt-get") or os.environ.get(INSIDE):
        raise NotRun(f"the Debian package {package} is missing and can't be installed from here")
    say(f"installing {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", package]
    with _no_services():
        result = run(install, seconds=300, env=environment)
        if result.returncode != 0:
            run(["apt-get", "update", "-q"], seconds=300, env=environment)
            result = run(install, seconds=300, env=environment)
    if result.returncode != 0:
        raise NotRun(f"apt-get could not install {package}: {_last_line(result.stdout)}")


@contextlib.contextmanager
def _no_services():
    """Keeps the installation from starting services (policy-rc.d(8)), unless a policy is there already."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def venv(name):
    """The Python interpreter of an environment, made if need be."""
    folder = HERE / f".venv-{name}"
    python = folder / "bin" / "python"
    done = folder / "complete"
    wanted = "\n".join(PACKAGES[name])
    maker = _maker(name)
    with _alone():
        if done.exists() and done.read_text(encoding="utf-8") == wanted and python.exists():
            return python
        say(f"making {folder.name}")
        shutil.rmtree(folder, ignore_errors=True)
        for step in ([*maker, folder], [python, "-m", "pip", "install", "-q", "-r", "/dev/stdin"]):
            result = run(step, seconds=300, text_in=wanted)
            if result.returncode != 0:
                raise NotRun(f"{folder.name} could not be made: {_last_line(result.stdout)}")
        done.write_text(wanted, encoding="utf-8")
    return python


def _maker(name):
    """The command that makes an environment."""
    if name != "autobahn":
        return [sys.executable, "-m", "venv"]
    old = python27()
    return [venv("virtualenv"), "-m", "virtualenv", "-q", "-p", old]


def python27():
    """A CPython 2.7, which the Autobahn test suite needs: pyenv's, or the system's."""
    root = pathlib.Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    found = sorted(root.glob("versions/2.7.*/bin/python2.7"))
    if found:
        return found[-1]
    system = shutil.which("python2.7", path="/usr/local/bin:/usr/bin")
    if not system:
        raise NotRun("the Autobahn test suite needs CPython 2.7, and there is none")
    return system


def packages(python, *names):
    """The versions of Python packages in an environment."""
    result = run([python, "-m", "pip", "list", "--format", "freeze", "--disable-pip-version-check"])
    versions = dict(line.split("==") for line in result.stdout.splitlines() if line.count("==") == 1)
    return [versions.get(name, "?") for name in names]


def _last_line(text):
    lines = [line for line in text.strip().splitlines() if line]
    return lines[-1] if lines else "no reason given"
