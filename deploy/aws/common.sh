# shellcheck shell=bash
# What `up` and `down` share. Sourced, not run. It keeps to the bash 3.2 of macOS.

region=us-west-2
stack=paddleocr-vl-service

errors=$(mktemp) # what aws said on stderr, last
trap 'rm -f "$errors"' EXIT

say() { printf '%s\n' "$@"; }

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# What aws complained of, as one indented line.
complaint() { printf '  %s' "$(tr -s '\n' ' ' <"$errors")"; }

# The value after an option, or a complaint that there is none.
value_of() {
  [[ $# -ge 2 && -n $2 ]] || die "$1 needs a value. See --help."
  printf '%s\n' "$2"
}

check_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null ||
      die "$tool is not installed. The AWS command line: https://docs.aws.amazon.com/cli/"
  done
}

check_credentials() {
  # Version 2 of the command line reads the first, and would show answers in a pager; 1 the second.
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=''
  # shellcheck disable=SC2034 # for whoever sources this
  account=$(aws sts get-caller-identity --query Account --output text 2>"$errors") || die \
    "AWS does not accept this machine's credentials:" "$(complaint)" \
    "Set them with 'aws configure', or name a profile with AWS_PROFILE."
}

# The stack's status, or "none". Any answer but "it does not exist" is an error.
stack_status() {
  local status
  if status=$(aws cloudformation describe-stacks --stack-name "$stack" \
    --query 'Stacks[0].StackStatus' --output text 2>"$errors"); then
    say "$status"
  elif [[ $(complaint) == *"does not exist"* ]]; then
    say none
  else
    die "The stack could not be looked up:" "$(complaint)"
  fi
}

# What went wrong with the stack, newest first, one line each.
show_failures() {
  aws cloudformation describe-stack-events --stack-name "$stack" \
    --query "StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]" \
    --output text >&2 || true
}
