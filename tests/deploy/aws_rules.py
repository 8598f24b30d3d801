"""What has to hold of the AWS stack, and is not seen by cfn-lint."""

from __future__ import annotations

import gzip
import importlib.util
import ipaddress
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.cloudformation import Template

REGION = "us-west-2"
_SECRETS = re.compile(r"password|secret|token|api_?key|AKIA[0-9A-Z]{16}", re.IGNORECASE)
_POLICIES = {"AmazonSSMManagedInstanceCore", "AmazonEC2ContainerRegistryReadOnly"}
_OPEN = "0.0.0.0/0"
_USER_DATA_LIMIT = 16 * 1024  # bytes, before base64


def broken_rules(template: Template, script: str) -> list[str]:
    """One sentence for each rule that `template`, with the user data `script`, breaks."""
    return [
        *_parameters(template["Parameters"]),
        *_machine(template),
        *_role(template["Resources"]["MachineRole"]),
        *_security_groups(template),
        *_user_data(script),
    ]


def _parameters(parameters: dict[str, Any]) -> Iterator[str]:
    for name, each in parameters.items():
        if not each.get("Description"):
            yield f"{name} has no description."
        checked = {"AllowedPattern", "AllowedValues", "MinValue"} & each.keys()
        if not (checked or each["Type"].startswith("AWS::")):
            yield f"{name} takes anything."
        if checked & {"AllowedPattern"} and not each.get("ConstraintDescription"):
            yield f"{name} does not say what it takes."
        pattern = each.get("AllowedPattern")
        if pattern and "Default" in each and not re.fullmatch(pattern, each["Default"]):
            yield f"{name} does not take its own default."
    if re.fullmatch(parameters["SshFrom"].get("AllowedPattern", ".*"), _OPEN):
        yield "SSH can be opened to the world."
    for name in ("SshFrom", "HttpFrom"):
        if "Default" in parameters[name]:
            yield f"{name} has a default."
    if "Default" in parameters["RepositoryUrl"]:
        yield "RepositoryUrl has a default, and nobody knows the address."
    yield from _instance_types(parameters["InstanceType"])


def _instance_types(parameter: dict[str, Any]) -> Iterator[str]:
    known = _moto_resource("instance_types.json.gz")
    offered = _moto_resource(f"instance_type_offerings/region/{REGION}.json.gz")
    there = {each["InstanceType"] for each in offered}
    for name in {parameter["Default"], *parameter["AllowedValues"]}:
        if name not in known or name not in there:
            yield f"{REGION} has no {name}."
        elif not any(gpu["Count"] for gpu in _gpus(known[name])):
            yield f"{name} has no whole GPU."
    if parameter["Default"] not in parameter["AllowedValues"]:
        yield f"{parameter['Default']} is not among the allowed types."


def _gpus(instance_type: dict[str, Any]) -> list[dict[str, Any]]:
    gpus = instance_type.get("GpuInfo", {}).get("Gpus", [])
    return [each for each in gpus if each["Manufacturer"] == "NVIDIA"]


@cache
def _moto_resource(name: str) -> Any:
    """What moto brings along of AWS's own lists."""
    moto = importlib.util.find_spec("moto")  # not imported, which takes seconds
    assert moto, "moto is not installed."
    assert moto.origin
    path = Path(moto.origin).with_name("ec2") / "resources" / name
    return json.loads(gzip.decompress(path.read_bytes()))


def _machine(template: Template) -> Iterator[str]:
    machine = template["Resources"]["Machine"]["Properties"]
    (root,) = machine["BlockDeviceMappings"]
    if root["Ebs"].get("VolumeType") != "gp3":
        yield "The volume is not gp3."
    if root["Ebs"].get("Encrypted") is not True:
        yield "The volume is not encrypted."
    options = machine.get("MetadataOptions", {})
    if options.get("HttpTokens") != "required":
        yield "The metadata can be read without a token (IMDSv1)."
    if options.get("HttpPutResponseHopLimit") != 1:
        yield "Containers can reach the metadata."
    groups = [
        reference["Fn::GetAtt"][0]
        for interface in machine.get("NetworkInterfaces", [])
        for reference in interface.get("GroupSet", [])
    ]
    if groups != ["MachineSecurityGroup"]:
        yield "The machine does not use the security group."
    wait = template["Resources"].get("ServiceAnswers", {})
    if wait.get("DependsOn") != "Machine":
        yield "The stack does not wait for the service."


def _role(role: dict[str, Any]) -> Iterator[str]:
    if role.get("Condition") != "WithRole":
        yield "The machine gets a role unasked."
    properties = json.dumps(role["Properties"])
    for policy in re.findall(r":policy/([\w/-]+)", properties):
        if policy not in _POLICIES:
            yield f"The role may do {policy}."
    if role["Properties"].get("Policies"):
        yield "The role has a policy of its own."


def _security_groups(template: Template) -> Iterator[str]:
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::EC2::SecurityGroup":
            continue
        for rule in resource["Properties"]["SecurityGroupIngress"]:
            ports = range(rule["FromPort"], rule["ToPort"] + 1)
            source = rule.get("CidrIp")
            if isinstance(source, str) and ipaddress.ip_network(source).prefixlen == 0:
                yield f"Port {rule['FromPort']} is open to the world."
            if set(ports) - {22, 8000}:
                yield f"Ports {rule['FromPort']} to {rule['ToPort']} are open."
            if 22 in ports and source != {"Ref": "SshFrom"}:
                yield "SSH is not opened for SshFrom alone."


def _user_data(script: str) -> Iterator[str]:
    if len(script.encode()) > _USER_DATA_LIMIT:
        yield "The user data is larger than 16 KiB."
    if not script.startswith("#!/bin/bash\n"):
        yield "The user data names no shell."
    code = script.replace("get-login-password", "").replace("--password-stdin", "")
    if found := _SECRETS.search(code):
        yield f"The user data speaks of a secret: {found[0]}."
