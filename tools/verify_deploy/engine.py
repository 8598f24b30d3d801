"""A Docker engine of our own, out of Debian's packages, beside whatever this machine has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tools.verify_deploy.programs import attempt, run, until
from tools.verify_deploy.steps import NotHere

_PACKAGES = ("docker.io", "containerd", "tini")
_PROGRAMS = {
    "runc": "runc",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "curl": "curl",
}
_WITHOUT_NETWORKS = ("--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false")


class Engine:
    """The engine; its images outlive a change of the network.

    In the machine's own network it makes no networks, so that it changes nothing there: images are
    built that way. In a network of its own, cut off from all else, it makes what compose asks for.

    Args:
        cache: Where what was fetched is kept for the next time.
        work: For its data; everything in it goes when it is closed.
    """

    def __init__(self, cache: Path, work: Path) -> None:
        self._root = cache / "engine"
        self._work = work / "engine"
        self._process: subprocess.Popen[bytes] | None = None
        self._isolated = False

    @property
    def environment(self) -> dict[str, str]:
        """With which the client, or compose, finds the engine."""
        path = [str(self._root / "usr/sbin"), str(self._root / "usr/bin"), os.environ["PATH"]]
        return {
            "PATH": os.pathsep.join(path),
            "DOCKER_HOST": f"unix://{self._work}/docker.sock",
            "DOCKER_BUILDKIT": "1",
            "DOCKER_CONFIG": str(self._work / "config"),
        }

    def bring(self) -> None:
        """Fetch and unpack the packages.

        Raises:
            NotHere: This is no Debian, or not run as root, or a program is not installed.
        """
        if os.geteuid() != 0:
            raise NotHere("it has to be run as root")
        for program, package in _PROGRAMS.items():
            if shutil.which(program) is None:
                raise NotHere(f"there is no {program}: apt-get install {package}")
        if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
            raise NotHere("Docker's packages are fetched with apt-get, and there is none")
        if (self._root / "usr/sbin/dockerd").exists():
            return
        self._root.mkdir(parents=True, exist_ok=True)
        status, said = attempt(
            ["apt-get", "download", "-qq", *_PACKAGES], folder=self._root, seconds=600
        )
        if status:
            last = said.strip().splitlines()[-1:]
            raise NotHere(f"Docker's packages could not be fetched: {' '.join(last)}")
        for archive in sorted(self._root.glob("*.deb")):
            run(["dpkg", "-x", str(archive), str(self._root)])
            archive.unlink()

    def start(self, *, isolated: bool) -> None:
        """Have it run in the one or the other network; at once where it does already.

        Raises:
            NotHere: It does not start here.
        """
        if self._process is not None and self._isolated == isolated:
            return
        self.stop()
        self._work.mkdir(parents=True, exist_ok=True)
        (self._work / "daemon.json").write_text("{}")
        command = [
            *(str(self._root / "usr/sbin/dockerd"), "--data-root", str(self._work / "data")),
            *("--exec-root", str(self._work / "run"), "-p", str(self._work / "pid")),
            *("-H", f"unix://{self._work}/docker.sock"),
            *("--config-file", str(self._work / "daemon.json")),
        ]
        if isolated:
            command = [
                "unshare",
                "--net",
                "sh",
                "-c",
                'ip link set lo up; exec "$@"',
                "-",
                *command,
            ]
        else:
            command += _WITHOUT_NETWORKS
        with (self._work / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._isolated = isolated
        try:
            until(self._answers, 60, "the engine does not answer")
        except Exception as error:
            last = (self._work / "log").read_text("utf-8", "replace").splitlines()[-1:]
            self.stop()
            raise NotHere(f"a Docker engine does not run here: {' '.join(last)}") from error

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise NotHere("it ended")
        return attempt(["docker", "version"], environment=self.environment)[0] == 0

    def docker(self, *arguments: str, seconds: float = 120) -> str:
        """What the client says; see `programs.run`."""
        return run(["docker", *arguments], environment=self.environment, seconds=seconds)

    def inside(self) -> list[str]:
        """What has to stand before a command so that it runs in the engine's network."""
        if self._process is None or not self._isolated:
            return []
        return ["nsenter", f"--net=/proc/{self._process.pid}/ns/net"]

    def description(self) -> dict[str, str]:
        """What it is: version, storage driver, and so on."""
        told = json.loads(self.docker("info", "--format", "{{json .}}"))
        security = " ".join(told["SecurityOptions"] or ["none"])
        return {
            "version": told["ServerVersion"],
            "storage": told["Driver"],
            "cgroups": told["CgroupVersion"],
            "security": security,
            "runc": run(["runc", "--version"]).split()[2],
        }

    def stop(self) -> None:
        """End it and every container."""
        if self._process is None:
            return
        if self._process.poll() is None:
            containers = attempt(["docker", "ps", "-aq"], environment=self.environment)[1].split()
            if containers:
                attempt(["docker", "rm", "-f", *containers], environment=self.environment)
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def close(self) -> None:
        """End it and remove its images and volumes."""
        self.stop()
        for line in reversed(Path("/proc/self/mounts").read_text("utf-8").splitlines()):
            place = line.split()[1]
            if place.startswith(f"{self._work}/"):
                attempt(["umount", "--lazy", place])
        shutil.rmtree(self._work, ignore_errors=True)
