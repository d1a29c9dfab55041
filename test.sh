#!/usr/bin/env bash
# Runs all tests. Needs the .NET SDK of global.json; installs what else is missing (as root, with apt-get), or says what to install.
# Ends with a line "N passed, N failed, N skipped" and an exit code that says whether all is well.
# UPDATE_DOCUMENTS=1 writes the documents anew that the code makes (docs/problems.md). Pictures are left in TestResults, or where TEST_ARTIFACTS says.
set -uo pipefail
cd "$(dirname "$0")"

if ! command -v dotnet >/dev/null; then
  echo "The .NET SDK is missing: see global.json for the version." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

# A Redis: the one named in TEST_REDIS, one in a container, or a redis-server of the tests' own. Some tests stop theirs, so that they need the last.
# A browser: the one named in TEST_BROWSER, or Chromium (or Chrome) of the system.
has_browser() {
  [ -n "${TEST_BROWSER:-}" ] || command -v chromium || command -v chromium-browser || command -v google-chrome ||
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
} >/dev/null
# nginx, for a rolling restart behind it. Debian keeps it in a folder that is on the path of root only.
has_nginx() { command -v nginx || [ -x /usr/sbin/nginx ] || [ -x /usr/local/sbin/nginx ]; } >/dev/null
# Node.js: 20.19 or newer, for the checks of the API's description and the TypeScript client.
has_node() {
  command -v npm && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
} >/dev/null 2>&1
missing() {
  has_node || echo nodejs npm
  command -v redis-server >/dev/null || echo redis-server
  has_nginx || echo nginx
  has_browser || echo chromium
}
packages=$(missing)
if [ -n "$packages" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086 # one word a package
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
  packages=$(missing)
fi
if [ -n "$packages" ]; then
  echo "Missing: $(echo $packages). Install it (Debian: apt-get install $(echo $packages); macOS: brew install redis nginx node, and Chrome)." >&2
  echo "Node.js must be 20.19 or newer: Debian 13 has it, Debian 12 does not." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

configuration=${CONFIGURATION:-Release}
results=$(mktemp -d)
export TEST_SUMMARY=$results/summary
trap 'rm -rf "$results"' EXIT

if ! dotnet build NclueGateway.sln --configuration "$configuration" --verbosity quiet --nologo; then
  echo "The build failed." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

# The test project is a program: it runs itself, and writes what came of it as XML beside what it prints. On two cores it runs three tests at a
# time: those that go by the real clock mostly wait.
tests="src/Gateway.Tests/bin/$configuration/net10.0/Gateway.Tests.dll"
dotnet "$tests" -noColor -noLogo -longRunning 60 -maxThreads "${TEST_THREADS:-3}" -xml "$results/tests.xml" "$@"
code=$?

count() { grep -o "<assembly [^>]*" "$results/tests.xml" 2>/dev/null | sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" | head -n 1; }
passed=$(count passed) failed=$(count failed) skipped=$(count skipped) errors=$(count errors)
failures() { grep -o '<test [^>]*result="Fail"[^>]*>' "$1" | sed -nE 's/.* type="([^"]+)" method="([^"]+)".*/\1.\2/p' | sort -u; }

# Real processes by the real clock need a machine that does not stand still for 100 ms. One or two tests that failed are run again, with nothing beside
# them; what passes then is told, not hidden.
if [ $code -ne 0 ] && [ "${errors:-0}" -eq 0 ]; then
  methods=$(failures "$results/tests.xml")
  if [ -n "$methods" ] && [ "$(wc -l <<<"$methods")" -le 2 ]; then
    echo "Run again, alone: $(echo $methods)"
    # shellcheck disable=SC2046 # names of methods hold no blanks
    if dotnet "$tests" -noColor -noLogo -maxThreads 1 $(printf -- '-method %s ' $methods); then
      echo "Failed at first, passed when run again alone: $(echo $methods)" >>"$TEST_SUMMARY"
      passed=$((passed + failed)) failed=0 code=0
    fi
  fi
fi
failed=$((${failed:-0} + ${errors:-0}))
if [ $code -ne 0 ] && [ "$failed" -eq 0 ]; then
  failed=1 # the run itself broke off
fi
if [ "${passed:-0}" -eq 0 ] && [ "$failed" -eq 0 ]; then
  failed=1 # no test ran
fi

if [ "$failed" -gt 0 ] && [ -f "$results/tests.xml" ]; then
  failures "$results/tests.xml" | sed 's/^/Failed: /' >>"$TEST_SUMMARY"
fi
cat "$TEST_SUMMARY" 2>/dev/null
echo "${passed:-0} passed, $failed failed, ${skipped:-0} skipped"
[ "$failed" -eq 0 ]
