#!/usr/bin/env bash
# Measures the startup time and the memory after startup of the gateway and of an empty ASP.NET Core application. Both
# are published as in the image (ReadyToRun). Without arguments it writes the section "bench/startup.sh" of
# bench/RESULTS.md.
#   bench/startup.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
published=$(mktemp -d)
results=$published/results
trap 'rm -rf "$published"' EXIT

publish src/Gateway bench/Peers/Empty
dotnet build Startup/Startup.csproj --configuration Release --verbosity quiet --nologo >&2

measure() { dotnet Startup/bin/Release/net10.0/Startup.dll "$published/Gateway/Gateway.dll" "$published/Empty/Empty.dll" "$1"; }
if [ $# -gt 0 ]; then
  measure "$1"
  exit
fi

{
  machine
  echo "Both published as in the Dockerfile: ReadyToRun, framework-dependent. No Redis; the identity provider and the simulated NCLUE run"
  echo "on the same machine."
  echo
  measure 20
} | tee "$results"
write_section bench/startup.sh < "$results"
