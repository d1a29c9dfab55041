#!/usr/bin/env bash
# Runs all tests. Needs the .NET SDK of global.json; installs what else is missing (as root, with apt-get), or says what to install.
# Ends with a line "N passed, N failed, N skipped" and an exit code that says whether all is well.
set -uo pipefail
cd "$(dirname "$0")"

if ! command -v dotnet >/dev/null; then
  echo "The .NET SDK is missing: see global.json for the version." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

# A Redis: the one named in TEST_REDIS, one in a container, or a redis-server of the tests' own. Some tests stop theirs, so that they need the last.
if ! command -v redis-server >/dev/null; then
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null
  fi
  if ! command -v redis-server >/dev/null; then
    echo "redis-server is missing: install it (Debian: apt-get install redis-server; macOS: brew install redis)." >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
  fi
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

# The test project is a program: it runs itself, and writes what came of it as XML beside what it prints.
dotnet "src/Gateway.Tests/bin/$configuration/net10.0/Gateway.Tests.dll" -noColor -noLogo -longRunning 60 -xml "$results/tests.xml" "$@"
code=$?

count() { grep -o "<assembly [^>]*" "$results/tests.xml" 2>/dev/null | sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" | head -n 1; }
passed=$(count passed) failed=$(count failed) skipped=$(count skipped) errors=$(count errors)
failed=$((${failed:-0} + ${errors:-0}))
if [ $code -ne 0 ] && [ "$failed" -eq 0 ]; then
  failed=1 # the run itself broke off
fi
if [ "${passed:-0}" -eq 0 ] && [ "$failed" -eq 0 ]; then
  failed=1 # no test ran
fi

cat "$TEST_SUMMARY" 2>/dev/null
echo "${passed:-0} passed, $failed failed, ${skipped:-0} skipped"
[ "$failed" -eq 0 ]
