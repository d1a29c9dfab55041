#!/usr/bin/env bash
# Checks that the types match openapi/v1.json, compiles the client and its examples, and runs the tests. One test runs
# an example against the sandbox, which must have been built before. Needs Node.js 20.19 or newer.
set -euo pipefail
cd "$(dirname "$0")"

# Runs npm ci, unless it has already run for this lock file.
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

if ! npm run generate --silent -- --check >/dev/null; then
  echo "src/schema.d.ts does not match openapi/v1.json. Run: npm run generate" >&2
  exit 1
fi

npm run build --silent
npm test --silent
