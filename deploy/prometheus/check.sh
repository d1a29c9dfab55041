#!/usr/bin/env bash
# Checks the alerts and runs their unit tests. If promtool is missing, it is extracted from Debian's package prometheus
# into the user's cache, because installing the package would also start a server.
set -euo pipefail
cd "$(dirname "$0")"

promtool=$(command -v promtool || echo "${XDG_CACHE_HOME:-$HOME/.cache}/nclue-gateway/promtool")
download() { apt-get download -qq -o APT::Sandbox::User="$(id -un)" prometheus >/dev/null 2>&1; }
unpack() {
  local folder
  folder=$(mktemp -d)
  (cd "$folder" && { download || { [ "$(id -u)" -eq 0 ] && apt-get update -qq && download; }; }) &&
    dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -x -C "$folder" ./usr/bin/promtool &&
    mkdir -p "$(dirname "$promtool")" && mv "$folder/usr/bin/promtool" "$promtool"
  rm -rf "$folder"
}
if [ ! -x "$promtool" ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
  unpack || true
fi
if [ ! -x "$promtool" ]; then
  echo "Missing: promtool. Install it (Debian: apt-get install prometheus; macOS: brew install prometheus)." >&2
  exit 1
fi

"$promtool" check rules alerts.yml
"$promtool" test rules alerts.test.yml
