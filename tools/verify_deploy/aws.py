"""The deployment on AWS, against moto on loopback.

The commands come out of the documentation, word for word, and are run by the real AWS command line;
only curl, git and ssh are stand-ins, for what is beyond AWS. moto runs no machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.verify_deploy.bench import Bench
from tools.verify_deploy.steps import NotHere, Step, expect

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools" / "aws" / "bin"
MOTO = Path(__file__).with_name("moto_server.py")
REGION = "us-west-2"
ADDRESS = "203.0.113.7"  # what checkip.amazonaws.com is made to say
_LIMIT = 300  # seconds, for any command
_BASH = shutil.which("bash") or "/bin/bash"
_STAND_INS = {
    "curl": f"case $* in *checkip*) echo {ADDRESS} ;; esac",
    "git": f'[[ $1 != clone ]] || {{ mkdir -p "$3" && cp -r "{ROOT}/deploy" "$3"; }}',
    "ssh": "true",
}
_LOOK = "\n".join(  # what is there, before it is removed again
    f'aws ec2 describe-{what} --region {REGION} --output json > "$OUT/{what}.json"'
    for what in ("instances", "security-groups", "volumes")
)


@dataclass(frozen=True)
class Cloud:
    """AWS on loopback, and a folder to work in."""

    url: str
    folder: Path

    def run(self, commands: str, *, fails: bool = False) -> str:
        """Run lines of bash as a user of this AWS does.

        Args:
            commands: The lines; the first that fails ends them.
            fails: Whether they are expected to fail.

        Returns:
            What they said, on stdout and stderr.

        Raises:
            NotSo: They failed, or did not.
        """
        done = subprocess.run(
            [_BASH, "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        expect((done.returncode != 0) == fails, f"the commands ended otherwise:\n{done.stdout}")
        return done.stdout

    def seen(self, what: str) -> Any:
        """What `_LOOK` saw."""
        return json.loads((self.folder / f"{what}.json").read_text("utf-8"))

    def there(self, region: str = REGION) -> str:
        """Instances that run, and what they need, as text; empty where nothing is left."""
        query = "--output text --region " + region
        return self.run(
            f"aws ec2 describe-instances {query} --filters Name=instance-state-name,Values=running "
            "--query 'Reservations[].Instances[].InstanceId'\n"
            f"aws ec2 describe-key-pairs {query} --query 'KeyPairs[].KeyName'\n"
            f"aws ec2 describe-security-groups {query} "
            "--query \"SecurityGroups[?GroupName!='default'].GroupName\"\n"
            f"aws cloudformation describe-stacks {query} --query 'Stacks[].StackName'\n"
        ).strip()

    def _environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.url,
            "HOME": str(self.folder),
            "OUT": str(self.folder),
            "PATH": f"{self.folder / 'bin'}:{TOOLS}:{os.environ['PATH']}",
        }


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Start moto, and the stand-ins for what is beyond AWS."""
    validation = ("EC2_ENABLE_INSTANCE_TYPE", "ENABLE_AMI", "ENABLE_KEYPAIR")
    environment = {**os.environ, **{f"MOTO_{each}_VALIDATION": "true" for each in validation}}
    folder = Path(tempfile.mkdtemp(prefix="verify-aws-"))
    (folder / "bin").mkdir()
    for name, body in _STAND_INS.items():
        (folder / "bin" / name).write_text(f"#!/bin/bash\n{body}\n", "utf-8")
        (folder / "bin" / name).chmod(0o755)
    server = subprocess.Popen(
        [TOOLS / "python", "-W", "ignore", MOTO],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout  # noqa: S101 - it is a pipe
        port = server.stdout.readline().strip()
        expect(port.isdigit(), "moto did not start")
        yield Cloud(f"http://127.0.0.1:{port}", folder)
    finally:
        try:
            server.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()
        shutil.rmtree(folder)


def commands(page: str, *headings: str) -> list[str]:
    """The blocks of shell commands below these headings of a page, in order.

    Raises:
        NotSo: A heading is not there, or has none.
    """
    text = (ROOT / page).read_text("utf-8")
    blocks = []
    for heading in headings:
        found = re.search(
            rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)",
            _with_hashes_hidden(text),
            re.MULTILINE | re.DOTALL,
        )
        expect(found, f"{page} has no heading {heading!r}")
        assert found  # noqa: S101 - said above
        below = re.findall(r"^```sh\n(.*?)^```$", found[1], re.MULTILINE | re.DOTALL)
        expect(below, f"{page} has no commands below {heading!r}")
        blocks += [block.replace("\0", "#") for block in below]
    return blocks


def _with_hashes_hidden(text: str) -> str:
    """A page in which a # within a block of code does not look like a heading."""
    return re.sub(
        r"^```.*?^```$",
        lambda block: block[0].replace("#", "\0"),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def readme(cloud: Cloud) -> str:
    """The README's section, from nothing to a stack and back to nothing."""
    *blocks, last = commands("README.md", "On AWS")
    said = cloud.run("\n".join([*blocks, _LOOK, last]))
    for line in ("The service is there.", "curl -X POST http://", "The stack is gone."):
        expect(line in said, f"{line!r} was not said:\n{said}")
    instance = _the_instance(cloud)
    _group(cloud, [ADDRESS + "/32", ADDRESS + "/32"])
    expect(not cloud.there(), f"something is left: {cloud.there()}")
    return f"up made a {instance['InstanceType']} that only {ADDRESS} can reach; down removed all"


def by_hand(cloud: Cloud) -> str:
    """The steps by hand that are typed on one's own machine."""
    own = "on your own machine"
    launch, document, remove = (
        "\n".join(commands("docs/deployment.md", heading))
        for heading in (
            f"Step 1, {own}: launch",
            f"Step 4, {own}: a document",
            f"Step 5, {own}: remove everything",
        )
    )
    key = 'stat --format %a paddleocr-vl-key.pem > "$OUT/mode"; echo "$ADDRESS" > "$OUT/address"'
    cloud.run(f"{launch}\n{key}\n{document}\n{_LOOK}\n{remove}")
    instance = _the_instance(cloud)
    mode = (cloud.folder / "mode").read_text("utf-8").strip()
    expect(mode == "400", f"the key file's mode is {mode}")
    address = (cloud.folder / "address").read_text("utf-8").strip()
    expect(address == instance["PublicIpAddress"], f"ADDRESS is {address!r}")
    _group(cloud, [ADDRESS + "/32", ADDRESS + "/32"])
    groups = [group["GroupName"] for group in instance["SecurityGroups"]]
    expect(groups == ["paddleocr-vl-sg"], f"the machine is in {groups}")
    options = instance["MetadataOptions"]
    expect(options["HttpTokens"] == "required", f"the metadata options are {options}")
    expect(not cloud.there(), f"something is left: {cloud.there()}")
    return f"every command of steps 1, 4 and 5 ran; a {instance['InstanceType']} came and went"


def refusals(cloud: Cloud) -> str:
    """What `up` refuses, with what the AWS command line really says."""
    up = f"{ROOT}/deploy/aws/up --repository https://example.com/x/y.git"
    for options, sentence in (
        ("--key-name none", "The key pair none was not found in us-west-2"),
        ("--region us-east-2 --key-name a", "is 0 vCPUs in us-east-2, and g6.xlarge needs 4"),
        ("--key-name a --instance-type g6.huge", "us-west-2 has no instance type g6.huge"),
        ("--key-name a --subnet subnet-00000000", "no such subnet"),
    ):
        region = "us-east-2" if "us-east-2" in options else REGION
        key = f"aws ec2 create-key-pair --region {region} --key-name a >/dev/null 2>&1 || true\n"
        said = cloud.run(f"{key}{up} {options}", fails=True)
        expect(sentence in said, f"{sentence!r} was not said:\n{said}")
        expect(cloud.there(region) == "a", f"{options} left more than the key pair")
    return "no key pair, a quota of 0, no such type or subnet: each is refused with its reason"


def roles(cloud: Cloud) -> str:
    """The role that the machine gets on request; moto does not look at what it may do."""
    key = f"aws ec2 create-key-pair --region {REGION} --key-name a > /dev/null"
    up = f"{ROOT}/deploy/aws/up --repository https://example.com/x/y.git --key-name a"
    roles = f"aws iam list-roles --region {REGION} --query 'Roles[].RoleName' --output text"
    down = f"{ROOT}/deploy/aws/down --yes"
    cloud.run(f"{key}\n{up} --session-manager --ecr\n{_LOOK}\n{roles} > role\n{down}")
    role = (cloud.folder / "role").read_text("utf-8").split()
    expect(len(role) == 1, f"the roles are {role}")
    profile = _the_instance(cloud).get("IamInstanceProfile", {}).get("Arn", "")
    expect("/paddleocr-vl-service-MachineProfile-" in profile, f"the profile is {profile!r}")
    left = cloud.run(roles).strip()
    expect(not left, f"the role {left} is left")
    return "the machine had a profile with one role; down removed it"


def _the_instance(cloud: Cloud) -> dict[str, Any]:
    """The one machine that was running, with its volume."""
    running = [
        instance
        for reservation in cloud.seen("instances")["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] == "running"
    ]
    expect(len(running) == 1, f"{len(running)} machines ran")
    instance: dict[str, Any] = running[0]
    expect(instance["InstanceType"] == "g6.xlarge", f"it is a {instance['InstanceType']}")
    volumes = {each["VolumeId"]: each for each in cloud.seen("volumes")["Volumes"]}
    (mapping,) = instance["BlockDeviceMappings"]
    volume = volumes[mapping["Ebs"]["VolumeId"]]
    facts = (volume["Size"], volume["VolumeType"], volume["Encrypted"])
    expect(facts == (100, "gp3", True), f"its volume is {facts}")
    return instance


def _group(cloud: Cloud, ranges: Sequence[str]) -> None:
    """Check who the one security group lets in, by SSH and to the service."""
    groups = cloud.seen("security-groups")["SecurityGroups"]
    (group,) = [each for each in groups if each["GroupName"] != "default"]
    rules = {
        rule["FromPort"]: [each["CidrIp"] for each in rule["IpRanges"]]
        for rule in group["IpPermissions"]
    }
    wanted = {22: [ranges[0]], 8000: [ranges[1]]}
    expect(rules == wanted, f"the security group lets in {rules}")


def _against_moto(check: Callable[[Cloud], str]) -> Callable[[Bench], Iterator[str]]:
    """A check as a step, against an AWS of its own."""

    def run(_bench: Bench) -> Iterator[str]:
        if not (TOOLS / "moto_server").exists():
            raise NotHere("moto and awscli are not in .tools/aws: `make setup-dev` brings them")
        with cloud() as aws:
            yield check(aws)

    return run


STEPS: tuple[Step[Bench], ...] = (
    Step("aws-readme", "AWS: the README's commands, against moto", _against_moto(readme)),
    Step(
        "aws-by-hand",
        "AWS: the steps by hand of docs/deployment.md, against moto",
        _against_moto(by_hand),
    ),
    Step("aws-refusals", "AWS: what deploy/aws/up refuses, against moto", _against_moto(refusals)),
    Step("aws-role", "AWS: the machine's role, against moto", _against_moto(roles)),
)
