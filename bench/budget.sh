#!/usr/bin/env bash
# Runs three gateway processes on one Redis, in front of a simulated NCLUE that allows one request a second, with 200
# readers. Measures what the upstream receives and how old the responses are. Without arguments it runs everything and
# writes the section "bench/budget.sh" of bench/RESULTS.md. Needs redis-server on the path.
#   bench/budget.sh [seconds] [steady | slow | kill | outage | rotation | rollout | cold | cold-slow]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
dotnet build Budget/Budget.csproj --configuration Release --verbosity quiet --nologo >&2
run() { dotnet Budget/bin/Release/net10.0/Budget.dll "$@"; }
if [ $# -gt 0 ]; then
  run "$@"
  exit
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT
{
  echo "$(machine), $(redis-server --version | cut -d' ' -f1-3), all on one machine."
  echo "200 readers with a subject each, two reads a second each, 30 pages that cover 1,000 runs (10 blocks); the interval is 1.05 s."
  echo
  run
} | tee "$results"
write_section bench/budget.sh < "$results"
