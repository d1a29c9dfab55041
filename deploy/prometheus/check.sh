#!/usr/bin/env bash
# Checks the alerts and runs their unit tests.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v promtool >/dev/null; then
  echo "Missing: promtool. Install it (Debian: apt-get install prometheus; macOS: brew install prometheus)." >&2
  exit 1
fi

promtool check rules alerts.yml
promtool test rules alerts.test.yml
