#!/usr/bin/env bash
# Three gateway processes on one Redis, in front of a simulated NCLUE that allows one request a second, and 200 readers: what the upstream sees, and
# how old the answers are. Writes what it prints to bench/RESULTS.md, as a section, when it runs everything. Needs redis-server on the path.
#   bench/budget.sh [seconds] [steady | slow | kill | outage | rotation | cold | cold-slow]
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
