#!/usr/bin/env bash
# Measures the startup time and the memory of the gateway, of an empty ASP.NET Core application, and of one with the
# gateway's packages but none of its code. All are published as in the image (ReadyToRun). Without arguments it writes
# the section "bench/startup.sh" of bench/RESULTS.md.
#   bench/startup.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
open_folder

publish src/Gateway bench/Peers/Packages bench/Peers/Empty
dotnet build Startup/Startup.csproj --configuration Release --verbosity quiet --nologo >&2

measure() {
  dotnet Startup/bin/Release/net10.0/Startup.dll \
    "$published/Gateway/Gateway.dll" "$published/Packages/Packages.dll" "$published/Empty/Empty.dll" "$1"
}
if [ $# -gt 0 ]; then
  measure "$1"
  exit
fi

{
  machine
  echo "All published as in the Dockerfile: ReadyToRun, framework-dependent. The empty application is that of \`dotnet new web\`."
  echo "\"Packages alone\" is that application with the gateway's packages, registered as their documentation says, and none of the"
  echo "gateway's code. No Redis; the identity provider and the simulated NCLUE run on the same machine."
  echo
  measure 20
  echo
  echo "An operator sees a start of half a second. The packages take more than half of what exceeds the empty application."
} | tee "$results"
write_section bench/startup.sh < "$results"
