#!/usr/bin/env bash
# Measures the same page of 20 runs from the gateway and from alternatives, in turns: requests a second, latency, and
# processor time per request. Without arguments it writes the section "bench/run.sh" of bench/RESULTS.md. On Debian, as
# root, it installs wrk and nginx with njs if they are missing; otherwise it names them. Let nothing else run meanwhile.
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

open_folder
chmod 755 "$published" # the workers of nginx may run as another user
publish src/Gateway bench/Peers/Floor bench/Peers/Cached bench/Peers/Fusion
dotnet build Throughput/Throughput.csproj --configuration Release --verbosity quiet --nologo >&2
measure() { dotnet Throughput/bin/Release/net10.0/Throughput.dll "$published" "$modules" "$1" "$2"; }
if [ $# -gt 0 ]; then
  measure "$1" "${2:-10}"
  exit
fi

{
  echo "$(machine), $(wrk_version), $(nginx -v 2>&1 | sed 's/^nginx version: //')."
  echo "The gateway checks tokens, enforces a quota per caller, counts, and exports one trace in a hundred and its metrics over OTLP;"
  echo "without Redis. a and b have the same socket settings. c to f cache a's response for ten seconds, with default settings"
  echo "otherwise. c has its own output cache policy: the default policy caches no response to a request with a token. e and f do not close"
  echo "idle connections, and e authenticates no client."
  echo
  measure 5 10
  echo
  echo "For a reader of the page, the gateway takes hundredths of a millisecond, less than other stacks of ASP.NET Core with the same"
  echo "checks. An aim that is missed is stated: the first ratio was 1.60 before logging and authorization became the framework's"
  echo "([ADR 0020](../docs/adr/0020-logging-is-serilogs.md), [ADR 0021](../docs/adr/0021-authorization-is-the-frameworks.md))."
} | tee "$results"
write_section bench/run.sh < "$results"
