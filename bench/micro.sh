#!/usr/bin/env bash
# Time and allocated bytes of the smallest parts, of whole requests in memory, and of reads over Kestrel. Writes the section "bench/micro.sh" of
# bench/RESULTS.md when it is not told what to measure. Let nothing else run meanwhile; it takes some minutes.
#   bench/micro.sh [filter of BenchmarkDotNet, '*Page*' for one | Kestrel]
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
  echo "In one process: warm, then 12 times 250 ms. The error is half of the confidence interval of 99.9 %; what is allocated counts for all threads."
  echo "Requests in memory go through the gateway as it is composed, with a server that is not Kestrel and keeps what Kestrel keeps from request to"
  echo "request. The gateway signs in, has a quota for each caller, and counts. Audited: until the event has been written, by another"
  echo "thread, fifty times a second: the time is that of waiting for it."
  echo
  measure
} | tee "$results"
write_section bench/micro.sh < "$results"
