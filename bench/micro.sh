#!/usr/bin/env bash
# Measures time and allocated bytes of the smallest components, of whole requests in memory, and of reads over Kestrel.
# Without arguments it measures everything and writes the section "bench/micro.sh" of bench/RESULTS.md. It takes some
# minutes; let nothing else run meanwhile.
#   bench/micro.sh [filter of BenchmarkDotNet, for example '*Page*' | Kestrel]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
dotnet build Micro/Micro.csproj --configuration Release --verbosity quiet --nologo >&2
measure() { dotnet Micro/bin/Release/net10.0/Micro.dll "$@"; }
if [ $# -gt 0 ]; then
  measure "$1"
  exit
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT
{
  echo "$(machine), BenchmarkDotNet $(sed -n 's/.*"BenchmarkDotNet" Version="\([^"]*\)".*/\1/p' ../Directory.Packages.props)."
  echo "In one process: warm-up, then 12 times 250 ms. The error is half of the 99.9 % confidence interval; allocations count for all"
  echo "threads. Requests in memory go through the composed gateway, with an in-memory server that reuses per connection what Kestrel"
  echo "reuses. The gateway checks tokens, enforces a quota per caller, and counts. \"Audited\" measures until another thread has written"
  echo "the event, which it does fifty times a second: the time is mostly that wait."
  echo
  measure
} | tee "$results"
write_section bench/micro.sh < "$results"
