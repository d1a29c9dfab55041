#!/usr/bin/env bash
# Lints openapi/v1.json (or the document that is given) with Redocly and Spectral: not one error and not one warning.
# Needs Node.js 20.19 or newer.
set -euo pipefail
document=$(realpath "${1:-"$(dirname "$0")/v1.json"}")
cd "$(dirname "$0")"

# Nothing is sent anywhere.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

# npm ci, unless it has been done for this lock file.
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

status=0
node_modules/.bin/redocly lint "$document" --format=stylish || status=1
node_modules/.bin/spectral lint "$document" --fail-severity=warn || status=1
exit $status
