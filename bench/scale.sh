#!/usr/bin/env bash
# One page read from gateways that hold 100, 10,000 and 100,000 runs, one replica and three, over 1 to 64 connections: requests a second, times, and
# what the runs take of memory. Writes the section "bench/scale.sh" of bench/RESULTS.md, with the plot bench/scale.svg, when it is not told how
# long to measure: that takes about 20 minutes. For Debian: installs wrk and redis-server when they are missing (as root), or says so. Let nothing
# else run meanwhile.
#   bench/scale.sh [rounds] [seconds]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
missing() {
  command -v wrk >/dev/null || echo wrk
  command -v redis-server >/dev/null || echo redis-server
}
install_missing

published=$(mktemp -d)
results=$published/results
trap 'rm -rf "$published"' EXIT
publish src/Gateway
dotnet build Scale/Scale.csproj --configuration Release --verbosity quiet --nologo >&2
measure() { dotnet Scale/bin/Release/net10.0/Scale.dll "$published" "$@"; }
if [ $# -gt 0 ]; then
  measure "$1" "${2:-4}"
  exit
fi

{
  echo "$(machine), $(wrk_version), $(redis-server --version | cut -d' ' -f1-3), all on one machine."
  echo "The gateways are published as in the Dockerfile (ReadyToRun), check RS256 tokens of 16 callers, count, and export one trace in a hundred and their"
  echo "metrics over OTLP; their quota is raised, and the audit is off. What else reading depends on is default, but for the pages all over the list, read from gateways of"
  echo "their own: NCLUE's budget keeps nine blocks fresh by default, not a thousand, so that \`Cache:FreshFor\` is an hour there, and nothing is refreshed."
  echo "The account has 100,000 runs in every case, so that the page is the same; the gateways hold the first 1, 100 or 1,000 blocks of them. The bench"
  echo "writes these to Redis by the gateway's own code, and each replica reads one page of every block, which has it look there."
  echo "Of three replicas (processes), \"1 replica\" asks one. Three are asked at the same time by one wrk with a thread for each. They share the cores"
  echo "with each other, with wrk and with Redis: on so few cores three replicas answer no more than one. A page has 20 runs; the same page is the first,"
  echo "the others are drawn at random from all that is held."
  echo
  measure 6 5 scale.svg
} | tee "$results"
write_section bench/scale.sh < "$results"
