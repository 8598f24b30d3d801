#!/bin/sh
# What an image needs of its system: the packages that are named, and the user that runs the service.
# With -b it prepares a stage that only builds: no user, no folders.
set -eu

building=false
if [ "${1:-}" = -b ]; then
  building=true
  shift
fi

export DEBIAN_FRONTEND=noninteractive
# NVIDIA's own packages are not needed: one address less that has to be reached, over HTTPS.
rm -f /etc/apt/sources.list.d/cuda*
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@"
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log

if $building; then
  exit 0
fi

if other=$(getent passwd 1000); then # newer Ubuntu images have a user of their own there
  userdel "${other%%:*}"
fi
groupadd --gid 1000 appuser
useradd --uid 1000 --gid 1000 --home-dir /home/appuser --create-home --shell /usr/sbin/nologin appuser
install -d -o appuser -g appuser -m 0750 /var/lib/paddleocr-vl-service
install -d -o appuser -g appuser -m 0750 /var/tmp/paddleocr-vl-service

# Nobody in here changes users: no program may be run as another one than who starts it.
find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
