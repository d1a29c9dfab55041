#!/usr/bin/env bash
# Measures everything, one script after the other, and writes all their sections of bench/RESULTS.md. It takes about 45 minutes.
# Let nothing else run meanwhile.
set -euo pipefail
cd "$(dirname "$0")"
BENCH_FOLDER=$(mktemp -d)
export BENCH_FOLDER
trap 'rm -rf "$BENCH_FOLDER"' EXIT
for script in startup run micro questions snapshot changes budget scale; do
  echo "== bench/$script.sh, $(date +%T)" >&2
  "./$script.sh" >/dev/null
done
