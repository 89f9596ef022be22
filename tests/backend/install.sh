#!/bin/sh
# install.sh: installs the npm packages of package-lock.json in the folder that is named, unless they are there. Node.js
# itself is one of them, and is left out where that of the system is new enough: 20, which Debian 12's is not.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
folder=$1
omit=
version=$(node --version)
version=${version#v}
[ "${version%%.*}" -lt 20 ] || omit=--omit=optional

wanted="$(cat "$here/package.json" "$here/package-lock.json" | sha256sum) $omit"
[ "$(cat "$folder/installed-from" 2>/dev/null)" != "$wanted" ] || exit 0

echo "installing the npm packages of tests/backend"
rm -rf "$folder"
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder"
cd "$folder"
if ! npm ci --ignore-scripts --no-audit --no-fund $omit >npm.log 2>&1; then
  grep -E '^npm (ERR!|error)' npm.log | head -n 3 >&2
  echo "install.sh: npm could not install what tests/backend/package-lock.json lists; see $folder/npm.log" >&2
  exit 1
fi
echo "$wanted" >installed-from
