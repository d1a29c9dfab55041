#!/usr/bin/env bash
# Measures processor time of queries on the whole list at 100,000 runs, over Kestrel, beside that of a page. It writes the section
# "bench/questions.sh" of bench/RESULTS.md and takes about a minute.
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
dotnet build Micro/Micro.csproj --configuration Release --verbosity quiet --nologo >&2

results=$(mktemp)
trap 'rm -f "$results"' EXIT
{
  echo "$(machine)."
  echo
  echo "Processor time of the whole process for each request, the client's part of it included: medians of 7 rounds, in which the rows take"
  echo "turns. The responses have 20 runs. A new query is one that no caller has sent before: nothing of it is cached. Wanted: at most 5 ms"
  echo "for a new filter, 15 ms for a new search, and 1.2 times a page for a query again."
  echo
  dotnet Micro/bin/Release/net10.0/Micro.dll Queries
} | tee "$results"
write_section bench/questions.sh < "$results"
