"""The CloudFormation stack: cfn-lint, rules of our own, and shellcheck of what it runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.aws_machine import VALUES
from tests.deploy.aws_rules import REGION, broken_rules
from tests.support import cloudformation
from tests.support.cloudformation import Template
from tests.support.server import REPOSITORY

TEXT = cloudformation.STACK.read_text("utf-8")
CFN_LINT = REPOSITORY / ".tools" / "aws" / "bin" / "cfn-lint"
SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def script(template: Template) -> str:
    return cloudformation.user_data(template, VALUES)


def test_cfn_lint_finds_nothing_and_would_find_something(tmp_path: Path) -> None:
    seeded = (
        TEXT.replace("VolumeType: gp3", "VolumeType: gp9")
        .replace("AWS::IAM::Role\n", "AWS::IAM::Roll\n")
        .replace("!Ref InstanceType", "!Ref InstanceTipe")
    )
    (tmp_path / "seeded.yaml").write_text(seeded, "utf-8")
    assert CFN_LINT.exists(), "`make setup-dev` brings cfn-lint."
    # One run for both files, for it is slow to start.
    files = [cloudformation.STACK, tmp_path / "seeded.yaml"]
    options = ["--regions", REGION, "--format", "parseable", "--"]
    command: list[str | Path] = [CFN_LINT, *options, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = [line.split(":", 6) for line in done.stdout.splitlines()]
    assert [line for line in found if line[0] != str(files[1])] == []
    assert {rule for *_, rule, _text in found} >= {"E1020", "E3006", "E3030"}


def test_keeps_our_rules() -> None:
    template = cloudformation.load(TEXT)
    assert broken_rules(template, script(template)) == []


def parameter(name: str, **changes: object) -> Callable[[Template], object]:
    return lambda template: template["Parameters"][name].update(changes)


def without(name: str, key: str) -> Callable[[Template], object]:
    return lambda template: template["Parameters"][name].pop(key)


def machine(template: Template) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"]["Machine"]["Properties"]
    return properties


def role(template: Template) -> dict[str, Any]:
    resource: dict[str, Any] = template["Resources"]["MachineRole"]
    return resource


def ingress(template: Template) -> list[dict[str, Any]]:
    group = template["Resources"]["MachineSecurityGroup"]["Properties"]
    rules: list[dict[str, Any]] = group["SecurityGroupIngress"]
    return rules


SEEDED: dict[str, Callable[[Template], object]] = {
    "KeyName has no description.": without("KeyName", "Description"),
    "RepositoryRef takes anything.": without("RepositoryRef", "AllowedPattern"),
    "HttpFrom does not say what it takes.": without("HttpFrom", "ConstraintDescription"),
    "RepositoryRef does not take its own default.": parameter("RepositoryRef", Default="a b"),
    "SSH can be opened to the world.": parameter("SshFrom", AllowedPattern=".*"),
    "SshFrom has a default.": parameter("SshFrom", Default="203.0.113.7/32"),
    "HttpFrom has a default.": parameter("HttpFrom", Default="0.0.0.0/0"),
    "RepositoryUrl has a default, and nobody knows the address.": parameter(
        "RepositoryUrl", Default="https://example.com/x"
    ),
    "us-west-2 has no g6.xxlarge.": parameter("InstanceType", Default="g6.xxlarge"),
    "m5.large has no whole GPU.": lambda template: template["Parameters"]["InstanceType"][
        "AllowedValues"
    ].append("m5.large"),
    "g4dn.xlarge is not among the allowed types.": parameter("InstanceType", Default="g4dn.xlarge"),
    "The volume is not gp3.": lambda template: machine(template)["BlockDeviceMappings"][0][
        "Ebs"
    ].update(VolumeType="gp2"),
    "The volume is not encrypted.": lambda template: machine(template)["BlockDeviceMappings"][0][
        "Ebs"
    ].pop("Encrypted"),
    "The metadata can be read without a token (IMDSv1).": lambda template: machine(template).pop(
        "MetadataOptions"
    ),
    "Containers can reach the metadata.": lambda template: machine(template)[
        "MetadataOptions"
    ].update(HttpPutResponseHopLimit=2),
    "The machine does not use the security group.": lambda template: machine(template)[
        "NetworkInterfaces"
    ][0].pop("GroupSet"),
    "The stack does not wait for the service.": lambda template: template["Resources"].pop(
        "ServiceAnswers"
    ),
    "The machine gets a role unasked.": lambda template: role(template).pop("Condition"),
    "The role may do AdministratorAccess.": lambda template: role(template)["Properties"].update(
        ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]
    ),
    "The role has a policy of its own.": lambda template: role(template)["Properties"].update(
        Policies=[{"PolicyName": "all"}]
    ),
    "Port 22 is open to the world.": lambda template: ingress(template)[0].update(
        CidrIp="0.0.0.0/0"
    ),
    "SSH is not opened for SshFrom alone.": lambda template: ingress(template)[0].update(
        CidrIp={"Ref": "HttpFrom"}
    ),
    "Ports 0 to 65535 are open.": lambda template: ingress(template)[1].update(
        FromPort=0, ToPort=65535
    ),
}


@pytest.mark.parametrize("sentence", SEEDED)
def test_a_broken_rule_is_seen(sentence: str) -> None:
    template = cloudformation.load(TEXT)
    SEEDED[sentence](template)
    assert sentence in broken_rules(template, script(template))


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        ("# " + "x" * 16384, "The user data is larger than 16 KiB."),
        ("export AWS_SECRET_ACCESS_KEY=x", "The user data speaks of a secret: SECRET."),
    ],
)
def test_broken_user_data_is_seen(ending: str, sentence: str) -> None:
    template = cloudformation.load(TEXT)
    assert sentence in broken_rules(template, script(template) + ending)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "RepositoryUrl",
            ["https://example.com/you/ocr.git", "https://git.example.com/~you/ocr"],
            [
                *("http://example.com/x", "git@example.com:you/ocr.git", "https://example.com/"),
                *("https://you:word@example.com/x", "https://example.com/x'; reboot; '"),
                *(
                    "https://example.com/$(reboot)",
                    "https://example.com/x?y",
                    "https://example.com:8443/x",
                    "",
                ),
            ],
        ),
        ("RepositoryRef", ["HEAD", "v1.0.0", "feature/x", "10fdd54"], ["", "-x", "a b", "x'"]),
        (
            "ContainerImage",
            ["", "ocr", "registry.example.com:5000/you/ocr:1.0.0@sha256:0a"],
            ["-ocr", "ocr'", "a b", "$(reboot)", "https:// x"],
        ),
        ("SshFrom", ["203.0.113.7/32", "10.1.0.0/16"], ["0.0.0.0/0", "10.0.0.0/8", "1.2.3.4", ""]),
        ("HttpFrom", ["203.0.113.0/24", "10.0.0.0/8"], ["203.0.113.256/32", "1.2.3.4/33", "::/0"]),
        ("Ami", ["", "ami-785db401", "ami-0123456789abcdef0"], ["ubuntu", "ami-", "ami-0xyz"]),
        ("AmiParameter", ["/aws/service/x/latest/ami-id"], ["ami-785db401", "/a}}", ""]),
    ],
)
def test_parameters_take_what_they_should(name: str, good: list[str], bad: list[str]) -> None:
    pattern = cloudformation.load(TEXT)["Parameters"][name]["AllowedPattern"]
    assert [each for each in good if not re.fullmatch(pattern, each)] == []
    assert [each for each in bad if re.fullmatch(pattern, each)] == []


def complaints(command: list[str | Path], text: str) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == (done.stdout + done.stderr == "")
    return done.stdout + done.stderr


def test_user_data_is_sound_and_unsound_one_would_be_seen() -> None:
    sound = script(cloudformation.load(TEXT))
    parse: list[str | Path] = ["bash", "-n"]
    lint: list[str | Path] = [SHELLCHECK, "--shell=bash", "-"]
    assert complaints(parse, sound) == ""
    assert complaints(lint, sound) == ""
    assert "syntax error" in complaints(parse, sound.replace("fi\n", "\n", 1))
    assert "SC2086" in complaints(lint, sound.replace('"$handle"', "$handle"))
