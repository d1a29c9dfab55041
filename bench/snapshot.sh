#!/usr/bin/env bash
# Measures the snapshot of all runs: memory, time of a response and length of the log at 100,000 runs, and by the fake clock of the
# simulation how soon a new run, a change and a deletion are detected at 1,000 and 10,000 runs. It writes the section "bench/snapshot.sh"
# of bench/RESULTS.md and takes some minutes.
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
dotnet build Micro/Micro.csproj --configuration Release --verbosity quiet --nologo >&2
dotnet build ../src/Gateway.Tests/Gateway.Tests.csproj --configuration Release --verbosity quiet --nologo >&2
tests=../src/Gateway.Tests/bin/Release/net10.0/Gateway.Tests.dll

results=$(mktemp)
trap 'rm -f "$results"' EXIT
{
  echo "$(machine)."
  echo
  dotnet Micro/bin/Release/net10.0/Micro.dll Snapshot
  echo
  echo "Time until the newest version shows a change, by a fake clock: 60 changes of each kind, responses after 20 to 300 ms, 5 unfinished"
  echo "runs, no other readers. The bounds follow from the schedule: \`Cache:FreshFor\` (10 s), one interval of 1.05 s, a response, and for"
  echo "deletions a pass over all windows. A reader that takes all 100 blocks of 10,000 runs in turn would show any change after 53 s on"
  echo "average."
  echo
  dotnet "$tests" -noLogo -noColor -explicit only -showLiveOutput -class '*DetectionAgeTests' | sed -n 's/.*\[OUTPUT\] /* /p'
} | tee "$results"
write_section bench/snapshot.sh < "$results"
