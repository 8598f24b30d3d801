"""AWS on loopback, for `aws.py`: run with the Python of `.tools/aws`, it serves until stdin closes.

moto does not know the Deep Learning AMI, nor the quota of GPU machines. Both are put in here: the
AMI in every region of `QUOTAS`, and the quota, which in one of them is that of a new account.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from unittest import mock

from moto.ec2.models import ec2_backends
from moto.server import ThreadedMotoServer
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.ssm.models import Parameter, ssm_backends

ACCOUNT = "123456789012"
AMI_PARAMETER = (
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
)
UBUNTU = "ami-785db401"  # one that moto knows
QUOTA = "L-DB2E81BA"
QUOTAS = {"us-west-2": 8.0, "us-east-2": 0.0}  # vCPUs


def get_service_quota(
    backend: ServiceQuotasBackend, service_code: str, quota_code: str
) -> dict[str, object]:
    """The one quota that is there, and in other regions none."""
    if (service_code, quota_code) != ("ec2", QUOTA) or backend.region_name not in QUOTAS:
        raise NoSuchResource
    return {"QuotaCode": quota_code, "Value": QUOTAS[backend.region_name]}


def put_ami(region: str) -> None:
    """Let the Deep Learning AMI's parameter name an Ubuntu that moto knows."""
    assert UBUNTU in ec2_backends[ACCOUNT][region].amis  # noqa: S101
    parameter = Parameter(  # type: ignore[abstract]
        account_id=ACCOUNT,
        name=AMI_PARAMETER,
        value=UBUNTU,
        parameter_type="String",
        description="",
        allowed_pattern=None,
        keyid=None,
        last_modified_date=datetime.now(timezone.utc),
        version=1,
        data_type="text",
    )
    ssm_backends[ACCOUNT][region]._parameters[AMI_PARAMETER].append(parameter)  # noqa: SLF001


def main() -> None:
    """Tell the port on stdout, and serve."""
    for region in QUOTAS:
        put_ami(region)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with mock.patch.object(ServiceQuotasBackend, "get_service_quota", get_service_quota):
        server.start()
        print(server.get_host_and_port()[1], flush=True)
        sys.stdin.read()
        server.stop()


if __name__ == "__main__":
    main()
