# shellcheck shell=bash
# Functions for the scripts in this folder (". ./lib.sh").
export LC_ALL=C # numbers in the results have a point, with any language of the machine

# Prints the machine and the software of the measurement, in two lines without a final full stop.
machine() {
  local processor memory runtime
  processor=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
  memory=$(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo 2>/dev/null)
  runtime=$(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \([^ ]*\).*/\1/p' | tail -n 1)
  echo "$(date -u +%Y-%m-%d), $(nproc) cores (${processor:-$(uname -m)}), ${memory:-memory unknown}, $(uname -s) $(uname -r | cut -d- -f1),"
  echo ".NET SDK $(dotnet --version) with ASP.NET Core $runtime," \
    "load average at the start $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
}

# Installs the Debian packages that "missing" prints, one per line, if permitted. Exits if a package is still missing.
install_missing() {
  local packages
  packages=$(missing)
  if [ -n "$packages" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086 # one word per package
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } >&2
    packages=$(missing)
  fi
  if [ -n "$packages" ]; then
    # shellcheck disable=SC2086
    echo "Missing: $(echo $packages). Install it (Debian: apt-get install $(echo $packages))." >&2
    exit 1
  fi
}

# Prints the version of wrk.
wrk_version() {
  { wrk --version 2>&1 || true; } | sed -n 's/^wrk \([^ ]*\).*/wrk \1/p' | grep . || echo wrk
}

# Writes its input to RESULTS.md as the section "## $1", in place of the old one.
write_section() {
  local content rest
  content=$(cat)
  rest=$(awk -v title="## $1" '/^## / { skip = ($0 == title) } !skip' RESULTS.md)
  printf '%s\n\n## %s\n\n%s\n' "$rest" "$1" "$content" > RESULTS.md
}

# Creates the folder "$published", and removes it at the end. With BENCH_FOLDER it is that one, and stays: all.sh has one for all scripts.
open_folder() {
  published=${BENCH_FOLDER:-$(mktemp -d)}
  results=$published/results
  [ -n "${BENCH_FOLDER:-}" ] || trap 'rm -rf "$published"' EXIT
}

# Publishes projects to "$published/<name>", as the Dockerfile does with the gateway, unless they are there. Uses a copy of the
# sources, because a restore for one processor architecture would change the build's obj folders.
publish() {
  local project
  (cd .. && tar -c --exclude=bin --exclude=obj .editorconfig BannedSymbols.txt Directory.Build.props Directory.Packages.props \
    global.json nuget.config appsettings.json "$@") | tar -x -C "$published"
  for project in "$@"; do
    [ ! -e "$published/$(basename "$project")" ] || continue
    (cd "$published" && dotnet publish "$project" --configuration Release --use-current-runtime --no-self-contained \
      --output "$published/$(basename "$project")" -p:RestoreLockedMode=true -p:PublishReadyToRun=true -p:UseAppHost=false \
      --verbosity quiet --nologo) >&2
  done
}
