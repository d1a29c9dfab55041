#!/usr/bin/env bash
# The same page of 20 runs from the gateway and from what else could answer it, in turns: requests a second, times, and what a request costs. Writes
# the section "bench/run.sh" of bench/RESULTS.md when it is not told how long to measure. For Debian: installs wrk and nginx with njs when they are
# missing (as root), or says so. Let nothing else run meanwhile.
#   bench/run.sh [rounds] [seconds]
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
export PATH=$PATH:/usr/sbin
modules=/usr/lib/nginx/modules
missing() {
  command -v wrk >/dev/null || echo wrk
  command -v nginx >/dev/null || echo nginx
  [ -f $modules/ngx_http_js_module.so ] || echo libnginx-mod-http-js
}
install_missing

published=$(mktemp -d)
chmod 755 "$published" # nginx' workers may be somebody else
results=$published/results
trap 'rm -rf "$published"' EXIT
publish src/Gateway bench/Peers/Floor bench/Peers/Cached
dotnet build Throughput/Throughput.csproj --configuration Release --verbosity quiet --nologo >&2
measure() { dotnet Throughput/bin/Release/net10.0/Throughput.dll "$published" "$modules" "$1" "$2"; }
if [ $# -gt 0 ]; then
  measure "$1" "${2:-10}"
  exit
fi

{
  echo "$(machine), $(wrk_version), $(nginx -v 2>&1 | sed 's/^nginx version: //')."
  echo "The gateway signs in, has a quota for each caller, counts, and exports one trace in a hundred and its metrics over OTLP; without Redis."
  echo "c, d and e keep copies of a's answer for ten seconds, with default settings otherwise. Of c the policy of the output cache is ours: the"
  echo "default one keeps nothing that was asked for with a token. d and e do not cut idle connections, and d authenticates no client."
  echo
  measure 7 10
} | tee "$results"
write_section bench/run.sh < "$results"
