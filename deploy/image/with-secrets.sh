#!/bin/sh
# Runs a command of an image build with what was mounted as secrets, which no layer keeps:
#   ca        certificates of a company's proxy, added to the system's own
#   hf_token  a token for the model hub
set -eu

bundle=$(mktemp)
trap 'rm -f "$bundle"' EXIT

if [ -s /run/secrets/ca ]; then
  cat /etc/ssl/certs/ca-certificates.crt /run/secrets/ca >"$bundle"
  export SSL_CERT_FILE="$bundle" PIP_CERT="$bundle" REQUESTS_CA_BUNDLE="$bundle" CURL_CA_BUNDLE="$bundle"
fi
if [ -s /run/secrets/hf_token ]; then
  HF_TOKEN=$(cat /run/secrets/hf_token)
  export HF_TOKEN
fi

"$@"
