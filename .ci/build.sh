#!/bin/sh
# Makes dist/, and tells how far it is unless npm was told to be silent.
set -e

tell() {
  if [ "${npm_config_loglevel:-}" != silent ]; then echo "Building ($1/3): $2 …"; fi
}

# The gate builds once.
if [ "${KIOSKD_BUILT:-}" = yes ] && [ -x dist/main.js ]; then exit 0; fi

rm -rf dist
tell 1 "the daemon"
npm run --silent build:daemon
tell 2 "the pages"
npm run --silent build:page
tell 3 "the fonts and other files"
npm run --silent build:assets
chmod +x dist/main.js
