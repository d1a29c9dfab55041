#!/usr/bin/env bash
# Measures 5,000 event streams on one gateway: memory, allocations and processor time, the time until the last reader has a message, and
# page reads beside them; and by the fake clock of the simulation how soon changes reach a stream. Without an argument it writes the
# section "bench/changes.sh" of bench/RESULTS.md, in about ten minutes. On Debian, as root, it installs wrk if it is missing.
#   bench/changes.sh [streams]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
missing() {
  command -v wrk >/dev/null || echo wrk
}
install_missing
ulimit -n "$(ulimit -Hn)"

open_folder
publish src/Gateway
dotnet build Scale/Scale.csproj --configuration Release --verbosity quiet --nologo >&2
measure() { dotnet Scale/bin/Release/net10.0/Scale.dll Streams "$published" "$@"; }
if [ $# -gt 0 ]; then
  measure "$1"
  exit
fi

dotnet build ../src/Gateway.Tests/Gateway.Tests.csproj --configuration Release --verbosity quiet --nologo >&2
tests=../src/Gateway.Tests/bin/Release/net10.0/Gateway.Tests.dll
{
  echo "$(machine), $(wrk_version)."
  echo "The gateway is published as in the Dockerfile, alone in its process, and polls a list of 1,000 runs every 3 s"
  echo "(\`Changes:Every\`), so that each stream has a message at least that often. The audit is off. The readers, wrk, the identity"
  echo "provider and the simulated NCLUE share the cores with it. Processor time is the gateway's alone, with all that it does meanwhile."
  echo
  measure
  echo
  echo "Where the aim is missed, compare it with the last column, the gateway's own part: the readers of the streams are another process on"
  echo "the same cores."
  echo
  echo "Time from a change of the upstream until the event is sent, by a fake clock: 60 changes of each kind, responses after 20 to 300"
  echo "ms. The bound is the greater of \`Changes:Every\` (3 s) and one interval of 1.05 s for each live block, which is one with"
  echo "unfinished runs, plus one interval and a response. p95 must be at most 1.2 times the bound. With five live blocks the budget is"
  echo "used up: the edge and sweeps go before the other blocks. The other client has no stream: it reads all pages in turn every 3 s, or"
  echo "as fast as NCLUE's limit lets it."
  echo
  dotnet "$tests" -noLogo -noColor -explicit only -showLiveOutput -class '*StreamDetectionTests' | sed -n 's/.*\[OUTPUT\] /* /p' | sort
} | tee "$results"
write_section bench/changes.sh < "$results"
