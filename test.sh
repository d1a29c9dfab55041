#!/usr/bin/env bash
# ./test.sh         runs all tests but the soaks.
# ./test.sh fast    runs those that need no real time, no browser, no process of their own and no compiler, with fewer simulations.
# ./test.sh long    runs the soaks, one after the other, for half an hour: by hand, before a change of the pacing is released.
# ./test.sh -class '*.PacerScriptTests'
#                   passes its arguments to the test program ("-?" lists them).
# Needs the .NET SDK of global.json. Installs other missing programs (as root, with apt-get), or names them.
# Ends with a line "N passed, N failed, N skipped" and exit code 0 if all tests passed.
# UPDATE_DOCUMENTS=1 rewrites the generated documents (such as docs/problems.md). Screenshots go to TestResults, or to
# TEST_ARTIFACTS. TESTS_WAIT names a file to create when the tests mostly wait, and so leave time for other checks.
set -uo pipefail
cd "$(dirname "$0")"

if ! command -v dotnet >/dev/null; then
  echo "The .NET SDK is missing: see global.json for the version." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

# Redis: the server in TEST_REDIS, a container, or a redis-server process that the tests start. Some tests stop their
# server and need the last. With TEST_REDIS=container the other tests fail if no container starts.
# Browser: the one in TEST_BROWSER, or the system's Chromium or Chrome.
has_browser() {
  [ -n "${TEST_BROWSER:-}" ] || command -v chromium || command -v chromium-browser || command -v google-chrome ||
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
} >/dev/null
# nginx, for a rolling restart behind it. Debian installs it in a folder that is only on root's path.
has_nginx() { command -v nginx || [ -x /usr/sbin/nginx ] || [ -x /usr/local/sbin/nginx ]; } >/dev/null
# tinyproxy, for requests through a proxy. Debian's package "tinyproxy" would also start one.
has_tinyproxy() { command -v tinyproxy || [ -x /usr/sbin/tinyproxy ] || [ -x /usr/local/sbin/tinyproxy ]; } >/dev/null
# Node.js 20.19 or newer, for the checks of the OpenAPI document and the TypeScript client.
has_node() {
  command -v npm && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
} >/dev/null 2>&1
# ICU, without which .NET does not start. Its Debian package has the number of the release in its name. macOS has it built in.
has_icu() {
  [ "$(uname)" != Linux ] || compgen -G "/usr/lib*/libicuuc.so.*" || compgen -G "/usr/lib/*/libicuuc.so.*"
} >/dev/null
icu_package() { apt-cache --names-only search '^libicu[0-9]+$' 2>/dev/null | cut -d' ' -f1 | sort -V | tail -n 1 | grep . || echo libicu; }
missing() {
  has_icu || icu_package
  has_node || echo nodejs npm
  command -v redis-server >/dev/null || echo redis-server
  has_nginx || echo nginx
  has_tinyproxy || echo tinyproxy-bin
  has_browser || echo chromium
  command -v prometheus >/dev/null && command -v promtool >/dev/null || echo prometheus # for the dashboard's queries, and the alerts
}
packages=$(missing)
if [ -n "$packages" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2046 # one word per package; asked again, because only now the name of ICU's package is known
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(missing) >/dev/null
  packages=$(missing)
fi
if [ -n "$packages" ]; then
  packages=$(echo $packages)
  echo "Missing: $packages. Install it (Debian: apt-get install $packages;" >&2
  echo "macOS: brew install redis nginx tinyproxy node prometheus, and Chrome)." >&2
  echo "Node.js must be 20.19 or newer: Debian 13 has it, Debian 12 does not." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT # the tests compare texts with ICU
configuration=${CONFIGURATION:-Release}
results=$(mktemp -d) others=
export TEST_SUMMARY=$results/summary
trap 'rm -rf "$results"; [ -z "$others" ] || pkill -P "$others"' EXIT # an interrupt does not end what runs in the background

if ! dotnet build NclueGateway.sln --configuration "$configuration" --verbosity quiet --nologo; then
  echo "The build failed." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

# The test project is a program that runs itself and also writes its results as XML.
tests="src/Gateway.Tests/bin/$configuration/net10.0/Gateway.Tests.dll"
export DOTNET_TieredPGO=0 # counting how often code runs costs a short run a third more time than it saves
code=0
run() {
  local name=$1
  shift
  touch "$results/$name.xml" # stays empty if the run is aborted
  $priority dotnet "$tests" -noColor -noLogo -longRunning 60 -maxThreads "${TEST_THREADS:-3}" \
    -result-xml "$results/$name.xml" "$@" || code=1
}
priority=
case ${1:-} in
  fast)
    export SIMULATION_COUNT=${SIMULATION_COUNT:-20} INTAKE_COUNT=${INTAKE_COUNT:-100} LOG_COUNT=${LOG_COUNT:-5} # fewer than usual
    export DOTNET_gcConcurrent=0 # a thread of its own to collect garbage costs more processor time than it saves
    TEST_THREADS=${TEST_THREADS:-6} # many of them wait, for a connection or an end
    # Without those that compile the gateway again, or measure it.
    run tests -trait- "Needs=*" -class- "*.RoomTests" -class- "*.MicroBenchmarkTests" "${@:2}"
    ;;
  long)
    TEST_THREADS=1
    run tests -explicit only "${@:2}"
    ;;
  "")
    # Processes and browsers keep all cores busy. Tests by the real clock mostly wait, but for an event at its time: beside them run
    # only those that need nothing but a processor, when it is free.
    run processes -trait "Needs=*" -trait- Needs=RealTime
    [ -z "${TESTS_WAIT:-}" ] || touch "$TESTS_WAIT"
    (
      priority="nice -n 19"
      export DOTNET_gcConcurrent=0 # a thread of its own to collect garbage costs more processor time than it saves
      run others -trait- "Needs=*"
      exit $code
    ) >"$results/others.log" 2>&1 &
    others=$!
    run real-time -trait Needs=RealTime
    wait $others || code=1
    others=
    cat "$results/others.log"
    ;;
  *) run tests "$@" ;;
esac
aborted=$(find "$results" -name "*.xml" -empty)

count() {
  cat "$results"/*.xml 2>/dev/null | grep -o "<assembly [^>]*" |
    sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" | awk '{ sum += $1 } END { print sum + 0 }'
}
passed=$(count passed) failed=$(count failed) skipped=$(count skipped) errors=$(count errors)
failures() {
  cat "$results"/*.xml 2>/dev/null | grep -o '<test [^>]*result="Fail"[^>]*>' |
    sed -nE 's/.* type="([^"]+)" method="([^"]+)".*/\1.\2/p' | sort -u
}

# Real processes by the real clock need a machine without pauses of 100 ms. Up to two failed tests are run again, alone.
# A test that then passes is reported as such.
if [ $code -ne 0 ] && [ -z "$aborted" ] && [ "${errors:-0}" -eq 0 ]; then
  methods=$(failures)
  if [ -n "$methods" ] && [ "$(wc -l <<<"$methods")" -le 2 ]; then
    echo "Run again, alone: $(echo $methods)"
    # shellcheck disable=SC2046 # method names contain no blanks
    if dotnet "$tests" -noColor -noLogo -maxThreads 1 $(printf -- '-method %s ' $methods); then
      echo "Failed at first, passed when run again alone: $(echo $methods)" >>"$TEST_SUMMARY"
      passed=$((passed + failed)) failed=0 code=0
    fi
  fi
fi
failed=$((${failed:-0} + ${errors:-0}))
if [ $code -ne 0 ] && [ "$failed" -eq 0 ]; then
  failed=1 # the run itself was aborted
fi
if [ "${passed:-0}" -eq 0 ] && [ "$failed" -eq 0 ]; then
  failed=1 # no test ran
fi

if [ "$failed" -gt 0 ]; then
  failures | sed 's/^/Failed: /' >>"$TEST_SUMMARY"
fi
sort -u "$TEST_SUMMARY" 2>/dev/null # two runs name their Redis
echo "${passed:-0} passed, $failed failed, ${skipped:-0} skipped"
[ "$failed" -eq 0 ]
