#!/usr/bin/env bash
# Sees that the types are those of openapi/v1.json, compiles the client and its examples, and runs the tests. One of them runs an example
# against the sandbox, which must have been built. Needs Node.js 20.19 or newer.
set -euo pipefail
cd "$(dirname "$0")"

# npm ci, unless it has been done for this lock file.
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

if ! npm run generate --silent -- --check >/dev/null; then
  echo "src/schema.d.ts is not what openapi/v1.json describes. Run: npm run generate" >&2
  exit 1
fi

npm run build --silent
npm test --silent
