#!/usr/bin/env bash
# Replaces three replicas of an earlier commit by this build's, one after the other and back, while 200 readers read, and
# prints what the readers and the upstream see. Needs redis-server on the path.
#   bench/rollout.sh <commit> [seconds]
set -euo pipefail
cd "$(dirname "$0")"
earlier=$(mktemp -d)
trap 'rm -rf "$earlier"' EXIT
git -C .. archive "${1:?Usage: rollout.sh <commit> [seconds]}" | tar -x -C "$earlier"
dotnet publish "$earlier/src/Gateway" --configuration Release --output "$earlier/published" --verbosity quiet --nologo >&2
EARLIER_RELEASE=$earlier/published/Gateway.dll ./budget.sh "${2:-80}" rollout
