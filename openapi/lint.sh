#!/usr/bin/env bash
# Lints openapi/v1.json (or the given document) with Redocly and Spectral. Any error or warning fails.
# Needs Node.js 20.19 or newer.
set -euo pipefail
document=$(realpath "${1:-"$(dirname "$0")/v1.json"}")
cd "$(dirname "$0")"

# Disable telemetry and update checks.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

# Runs npm ci, unless it has already run for this lock file.
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

status=0
node_modules/.bin/redocly lint "$document" --format=stylish || status=1
node_modules/.bin/spectral lint "$document" --fail-severity=warn || status=1
exit $status
