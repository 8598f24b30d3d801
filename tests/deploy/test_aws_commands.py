"""`deploy/aws/up` and `down`, against an `aws` that only tells of itself.

The real command line against a loopback AWS is `tools/verify_deploy/aws.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import cloudformation
from tests.support.server import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "aws"
OUTPUTS = "Url\thttp://198.51.100.9:8000\nCurl\tcurl -X POST http://198.51.100.9:8000/api\n"
AWS = f"""#!/bin/bash
printf '%s\\n' "$*" >>"$CALLS"
printf '%s' "${{WARNING-}}" >&2
no() {{ printf '\\nAn error occurred (%s)\\n' "$*" >&2; exit 254; }}
case "$1 $2" in
  "sts get-caller-identity") [[ -n $ACCOUNT ]] || no ExpiredToken; echo "$ACCOUNT" ;;
  "cloudformation describe-stacks")
    case "$*" in
      *StackStatus*) [[ $STATUS != none ]] || no "Stack with id x does not exist"
                     [[ $STATUS != denied ]] || no AccessDenied; echo "$STATUS" ;;
      *ParameterKey*) printf 'SshFrom\\tHttpFrom\\tKeyName\\tAmi\\n' ;;
      *) printf '{OUTPUTS}' ;;
    esac ;;
  "cloudformation update-stack") [[ -z $UPDATE ]] || no "$UPDATE" ;;
  "cloudformation wait") [[ $WAIT == yes ]] ;;
  "cloudformation describe-stack-events") printf 'ServiceAnswers\\tno NVIDIA driver\\n' ;;
  "ec2 describe-key-pairs") [[ $* == *" mine"* ]] || no InvalidKeyPair.NotFound ;;
  "ec2 describe-instance-types") [[ $* == *" g6"* ]] || no InvalidInstanceType; echo 4 ;;
  "ec2 describe-instance-type-offerings") printf 'us-west-2a\\tus-west-2c\\n' ;;
  "ec2 describe-subnets") printf "$SUBNET" ;;
  "service-quotas get-service-quota") [[ -n $QUOTA ]] || no NoSuchResource; echo "$QUOTA" ;;
  "ssm get-parameter") echo ami-785db401 ;;
esac
"""
CREATE = ["--key-name", "mine", "--repository", "https://example.com/you/ocr.git"]


@dataclass(frozen=True)
class Done:
    code: int
    said: str
    calls: list[str]

    def created(self) -> dict[str, str]:
        """The parameters with which the stack was created."""
        (call,) = [each for each in self.calls if each.startswith("cloudformation create-stack")]
        return dict(re.findall(r"ParameterKey=(\w+),ParameterValue=(\S*)", call))


Command = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Command:
    """Runs `up` or `down`; keywords are what AWS has."""
    curl = "#!/bin/bash\n[[ -n $ADDRESS ]] || exit 6\necho $ADDRESS\n"
    for name, text in {"aws": AWS, "curl": curl}.items():
        (tmp_path / name).write_text(text, "utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "calls").touch()

    def run(*command: str, typed: str = "", **there: str) -> Done:
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "CALLS": str(tmp_path / "calls"),
            "ACCOUNT": "123456789012",
            "ADDRESS": "203.0.113.7",
            "STATUS": "none",
            "UPDATE": "",
            "WAIT": "yes",
            "QUOTA": "8.0",
            "SUBNET": "subnet-1\tvpc-1\n",
            **there,
        }
        done = subprocess.run(
            [FOLDER / command[0], *command[1:]],
            env=environment,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        calls = (tmp_path / "calls").read_text("utf-8").splitlines()
        return Done(done.returncode, done.stdout, calls)

    return run


def test_up_creates_the_stack_and_tells_how_to_use_it(run: Command) -> None:
    done = run("up", *CREATE)
    assert done.code == 0, done.said
    assert done.created() == {
        "RepositoryUrl": "https://example.com/you/ocr.git",
        "KeyName": "mine",
        "SshFrom": "203.0.113.7/32",
        "HttpFrom": "203.0.113.7/32",
        "InstanceType": "g6.xlarge",
        "Ami": "ami-785db401",
        "VpcId": "vpc-1",
        "SubnetId": "subnet-1",
        "SessionManager": "no",
        "EcrAccess": "no",
    }
    assert "cloudformation wait stack-create-complete" in "\n".join(done.calls)
    assert "curl -X POST http://198.51.100.9:8000/api" in done.said
    assert not any("CAPABILITY" in call for call in done.calls)


def test_up_hands_every_option_on(run: Command) -> None:
    options = [
        *("--ref", "v1.2.3", "--image", "example.com/ocr:1", "--volume-size", "200"),
        *("--ssh-from", "10.1.0.0/16", "--http-from", "0.0.0.0/0", "--open-to-everyone"),
        *("--instance-type", "g6.2xlarge", "--ami", "ami-0123456789abcdef0"),
        *("--subnet", "subnet-1", "--ecr", "--session-manager", "--keep-failed"),
        *("--region", "eu-central-1", "--stack-name", "ocr"),
    ]
    done = run("up", *CREATE, *options)
    assert done.code == 0, done.said
    created = done.created()
    declared = cloudformation.load(cloudformation.STACK.read_text("utf-8"))["Parameters"]
    assert set(declared) - set(created) == {"AmiParameter"}
    assert {key: created[key] for key in ("RepositoryRef", "ContainerImage", "VolumeSize")} == {
        "RepositoryRef": "v1.2.3",
        "ContainerImage": "example.com/ocr:1",
        "VolumeSize": "200",
    }
    assert (created["SshFrom"], created["HttpFrom"]) == ("10.1.0.0/16", "0.0.0.0/0")
    (call,) = [each for each in done.calls if "create-stack" in each]
    assert "--stack-name ocr" in call
    assert "--disable-rollback" in call
    assert "CAPABILITY_IAM" in call
    assert "deploy/aws/down --region eu-central-1 --stack-name ocr" in done.said


REFUSED: dict[str, tuple[list[str], dict[str, str]]] = {
    "Give the name of an EC2 key pair with --key-name": ([*CREATE[2:]], {}),
    "The key pair other was not found in us-west-2": ([*CREATE, "--key-name", "other"], {}),
    "There is no option --hasty": (["--hasty"], {}),
    "--region needs a value": ([*CREATE, "--region"], {}),
    "does not accept this machine's credentials": (CREATE, {"ACCOUNT": ""}),
    "The stack could not be looked up": (CREATE, {"STATUS": "denied"}),
    "give it with --ssh-from": (CREATE, {"ADDRESS": ""}),
    "0.0.0.0/0 is too wide": ([*CREATE, "--ssh-from", "0.0.0.0/0"], {}),
    "lets everybody in": ([*CREATE, "--http-from", "0.0.0.0/0"], {}),
    "me is no IPv4 range": ([*CREATE, "--http-from", "me"], {}),
    "an https address without a password": (
        ["--key-name", "mine", "--repository", "https://you:word@example.com/x"],
        {},
    ),
    "has no instance type m5.large": ([*CREATE, "--instance-type", "m5.large"], {}),
    "is 0 vCPUs in us-west-2, and g6.xlarge needs 4": (CREATE, {"QUOTA": "0.0"}),
    "no such subnet in a zone with g6.xlarge": (CREATE, {"SUBNET": "None\n"}),
    "is being changed at the moment": (CREATE, {"STATUS": "CREATE_IN_PROGRESS"}),
    "remove it with deploy/aws/down first": (CREATE, {"STATUS": "CREATE_FAILED"}),
    "is there already": (CREATE, {"STATUS": "CREATE_COMPLETE"}),
    "only --ssh-from and --http-from can be changed": (
        [*CREATE, "--http-from", "10.0.0.0/8", "--ref", "v2"],
        {"STATUS": "CREATE_COMPLETE"},
    ),
    "The stack could not be changed": (
        [*CREATE, "--http-from", "10.0.0.0/8"],
        {"STATUS": "UPDATE_COMPLETE", "UPDATE": "AccessDenied"},
    ),
}


def test_the_key_that_up_tells_to_make_is_private_and_replaces_none(
    run: Command, tmp_path: Path
) -> None:
    hint = run("up", *CREATE, "--key-name", "other").said.splitlines()[-1]
    (tmp_path / "calls").write_text("")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "CALLS": "calls"}
    first, again = (
        subprocess.run(["bash", "-c", hint], env=environment, cwd=tmp_path, capture_output=True)
        for _ in range(2)
    )
    assert first.returncode == 0, first.stderr
    assert (tmp_path / "other.pem").stat().st_mode & 0o777 == 0o600
    assert again.returncode != 0
    calls = (tmp_path / "calls").read_text("utf-8").splitlines()
    assert [call.split()[1] for call in calls] == ["create-key-pair"]


@pytest.mark.parametrize("sentence", REFUSED)
def test_up_refuses_before_it_creates_anything(run: Command, sentence: str) -> None:
    options, there = REFUSED[sentence]
    done = run("up", *options, **there)
    assert done.code == 1
    assert sentence in done.said
    assert not any("create-stack" in call for call in done.calls)


def test_up_goes_on_where_the_quota_is_not_told(run: Command) -> None:
    done = run("up", *CREATE, QUOTA="")
    assert done.code == 0
    assert "The quota could not be looked up: g6.xlarge needs 4 vCPUs" in done.said


def test_up_tells_why_the_machine_did_not_come_up(run: Command) -> None:
    done = run("up", *CREATE, WAIT="no")
    assert done.code == 1
    assert "no NVIDIA driver" in done.said
    assert "AWS has removed the machine again" in done.said
    assert "deploy/aws/down removes it" in run("up", *CREATE, "--keep-failed", WAIT="no").said


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_up_removes_what_an_earlier_start_left(run: Command, status: str) -> None:
    done = run("up", *CREATE, STATUS=status)
    assert done.code == 0, done.said
    stacks = [call.split()[1] for call in done.calls if re.search(r"(create|delete)-stack ", call)]
    assert stacks == ["delete-stack", "create-stack"]


@pytest.mark.parametrize("update", ["", "No updates are to be performed."])
def test_up_again_changes_who_may_reach_it_and_nothing_else(run: Command, update: str) -> None:
    done = run("up", "--http-from", "203.0.113.0/24", STATUS="CREATE_COMPLETE", UPDATE=update)
    assert done.code == 0, done.said
    (call,) = [each for each in done.calls if "update-stack" in each]
    assert "--use-previous-template" in call
    assert call.split("--parameters ")[1].split() == [
        "ParameterKey=SshFrom,UsePreviousValue=true",
        "ParameterKey=HttpFrom,ParameterValue=203.0.113.0/24",
        "ParameterKey=KeyName,UsePreviousValue=true",
        "ParameterKey=Ami,UsePreviousValue=true",
    ]


def test_up_again_tells_why_nothing_changed(run: Command) -> None:
    done = run("up", "--http-from", "203.0.113.0/24", STATUS="CREATE_COMPLETE", WAIT="no")
    assert done.code == 1
    assert "The stack was not changed. What AWS says, newest first:" in done.said


def test_leaves_no_file_and_is_not_confused_by_warnings(run: Command, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    scratch = str(tmp_path / "scratch")
    for options in (CREATE, [*CREATE, "--key-name", "other"]):
        run("up", *options, TMPDIR=scratch, WARNING="This Python will not be supported any more.")
    assert list((tmp_path / "scratch").iterdir()) == []
    assert run("up", *CREATE, WARNING="This Python is old.").code == 0


def test_down_deletes_after_the_name_was_typed(run: Command) -> None:
    for typed, code in (("", 1), ("yes\n", 1), ("paddleocr-vl-service\n", 0)):
        done = run("down", typed=typed, STATUS="CREATE_COMPLETE")
        assert done.code == code, done.said
        assert any("delete-stack " in call for call in done.calls) == (code == 0)


def test_down_says_what_there_is_not_and_what_it_could_not(run: Command) -> None:
    assert "nothing to remove" in run("down", "--yes", "--region", "eu-west-1").said
    done = run("down", "--yes", STATUS="CREATE_COMPLETE", WAIT="no")
    assert done.code == 1
    assert "The stack could not be deleted." in done.said


@pytest.mark.parametrize("command", ["up", "down"])
def test_help_names_every_option(run: Command, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert done.calls == []
    loop = (FOLDER / command).read_text("utf-8").split("while (($#))")[1].split("\ndone\n")[0]
    taken = set(re.findall(r"--[a-z][a-z-]+", loop)) - {"--help"}
    assert set(re.findall(r"^  (--[a-z-]+)", done.said, re.MULTILINE)) == taken


def test_nothing_needs_more_than_the_bash_of_macos() -> None:
    text = "".join((FOLDER / name).read_text("utf-8") for name in ("up", "down", "common.sh"))
    assert not re.search(r"mapfile|readarray|declare -A|local -n|\$\{\w+(,,|\^\^)", text)
