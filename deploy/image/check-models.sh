#!/bin/sh
# Fails where a folder of models is not there, or has nothing in it.
set -eu

for folder in "$@"; do
  if [ ! -d "$folder" ]; then
    echo "Model directory not created: $folder" >&2
    exit 1
  fi
  if [ -z "$(find "$folder" -type f -size +0c -print -quit)" ]; then
    echo "Model directory is empty: $folder" >&2
    exit 1
  fi
done
