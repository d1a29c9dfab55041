#!/usr/bin/env bash
# Measures reads of one page from gateways that cache 100, 10,000 and 100,000 runs, with one and three replicas, over 1
# to 64 connections.
# Reports requests a second, latency and the memory of the runs. Without arguments it writes the section
# "bench/scale.sh" of bench/RESULTS.md and the plot bench/scale.svg, in about 15 minutes. On Debian, as root, it
# installs wrk and redis-server if they are missing; otherwise it names them. Let nothing else run meanwhile.
#   bench/scale.sh [rounds] [seconds]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
missing() {
  command -v wrk >/dev/null || echo wrk
  command -v redis-server >/dev/null || echo redis-server
}
install_missing

open_folder
publish src/Gateway
dotnet build Scale/Scale.csproj --configuration Release --verbosity quiet --nologo >&2
measure() { dotnet Scale/bin/Release/net10.0/Scale.dll "$published" "$@"; }
if [ $# -gt 0 ]; then
  measure "$1" "${2:-4}"
  exit
fi

{
  echo "$(machine),"
  echo "$(wrk_version), $(redis-server --version | cut -d' ' -f1-3), all on one machine."
  echo "The gateways are published as in the Dockerfile (ReadyToRun), check RS256 tokens of 16 callers, count, and export one trace in a"
  echo "hundred and their metrics over OTLP. Their quota is raised, and the audit is off. Other settings that affect reads are defaults."
  echo "The pages all over the list are an exception: they are read from other gateways, with \`Cache:FreshFor\` of an hour, and nothing is"
  echo "refreshed. NCLUE's budget keeps nine blocks fresh by default, not a thousand."
  echo "The account has 100,000 runs in every case, so that the page is the same; the gateways cache its first 1, 100 or 1,000 blocks. The"
  echo "benchmark writes these to Redis with the gateway's own code. Each replica then reads one page of every block, which loads the block"
  echo "from Redis."
  echo "\"1 replica\" sends requests to one of three replicas (processes). With 3, one wrk sends requests to all three, with a thread for"
  echo "each. They share the cores with each other, with wrk and with Redis: on so few cores three replicas serve no more requests than"
  echo "one. A page has 20 runs. The same page is the first page; the other pages are drawn at random from all cached runs."
  echo
  measure 4 5 scale.svg
} | tee "$results"
write_section bench/scale.sh < "$results"
