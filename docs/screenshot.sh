#!/usr/bin/env bash
# docs/screenshot.sh [en|ko] [light|dark]
# Takes the picture of the console that the READMEs show: starts the sandbox on free ports, signs in as "reader", waits
# until the gateway has read the whole list, and writes docs/console.png (docs/console-ko-dark.png for other options).
# Needs the .NET SDK of global.json, Chromium or the browser in TEST_BROWSER, and a Korean font (Debian: chromium and
# fonts-nanum). SCREENSHOT_PAGE is another page, for example "/console?status=failed".
set -euo pipefail
cd "$(dirname "$0")/.."
export SCREENSHOT_LANGUAGE=${1:-en} SCREENSHOT_SCHEME=${2:-light}
case "$SCREENSHOT_LANGUAGE $SCREENSHOT_SCHEME" in
  "en light") name=console ;;
  "en dark" | "ko light" | "ko dark") name=console-$SCREENSHOT_LANGUAGE-$SCREENSHOT_SCHEME ;;
  *) echo "Usage: docs/screenshot.sh [en|ko] [light|dark]" >&2; exit 2 ;;
esac
if command -v fc-list >/dev/null && [ -z "$(fc-list :lang=ko)" ]; then
  echo "There is no Korean font: install one (Debian: fonts-nanum)." >&2
  exit 1
fi
export SCREENSHOT_FILE=$PWD/docs/$name.png
rm -f "$SCREENSHOT_FILE"
dotnet build src/Gateway.Tests --configuration Release --verbosity quiet --nologo -p:RunAnalyzers=false
dotnet src/Gateway.Tests/bin/Release/net10.0/Gateway.Tests.dll -noLogo -noColor -explicit only -class "*.ConsolePicture" ||
  { echo "The picture could not be taken." >&2; exit 1; }

largest=150000
if [ "$(wc -c <"$SCREENSHOT_FILE")" -gt $largest ] && command -v pngquant >/dev/null; then
  pngquant --force --strip --output "$SCREENSHOT_FILE" 256 "$SCREENSHOT_FILE" # 256 colours are enough for text
fi
size=$(wc -c <"$SCREENSHOT_FILE")
echo "docs/$name.png: $size bytes"
if [ "$size" -gt $largest ]; then
  echo "More than $largest bytes: install pngquant, and run this again." >&2
  exit 1
fi
