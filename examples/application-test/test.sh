#!/bin/sh
# test.sh: tests the program agenda with no network and no secret: mock.json stands in for the backend that hands out
# credentials, answers.jsonl for the calendar. Speaks TAP. Needs a C compiler and an installed Attache.
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
umask 077
cases=0
failures=0

# shellcheck disable=SC2046 # the flags are several words
${CC:-cc} -o "$folder/agenda" "$here/agenda.c" $(pkg-config --cflags --libs attache) || exit 1
cp "$here/mock.json" "$here/answers.jsonl" "$folder" || exit 1
mkdir "$folder/state"

# Runs agenda on the grant of a case: output in $folder/out and $folder/err, status in $status.
agenda() {
    sed -e "s|@FOLDER@|$folder|g" -e "s|@GRANT@|$1|g" "$here/attache.conf.in" >"$folder/attache.conf"
    ATTACHE_CONFIG="$folder/attache.conf" "$folder/agenda" "$2" >"$folder/out" 2>"$folder/err"
    status=$?
}

# expect WHAT STATUS TEXT: the last run ended with STATUS and printed TEXT somewhere.
expect() {
    cases=$((cases + 1))
    if [ "$status" = "$2" ] && cat "$folder/out" "$folder/err" | grep -qF -e "$3"; then
        echo "ok $cases - $1"
    else
        failures=$((failures + 1))
        echo "not ok $cases - $1"
        echo "# status $status, expected $2 and the text: $3"
        sed 's/^/# /' "$folder/out" "$folder/err"
    fi
}

agenda works 2026-03-02
expect "prints the agenda of a day" 0 "14:00 Review"

agenda works 2026-03-03
expect "says so when there is nothing on a day" 0 "nothing on 2026-03-03"

agenda works 2026-03-04
expect "fails when the calendar is down" 1 "agenda: "

agenda works 2026-03-05
expect "fails for a day that the test has no answer for" 1 "agenda: "

agenda works 2026-01-01
expect "is told which rule forbids a day" 1 "no-new-year"

agenda gone 2026-03-02
expect "asks the user to connect again" 3 "please connect it again"

agenda shaky 2026-03-02
expect "tries once more when the backend asks for patience" 0 "14:00 Review"

agenda down 2026-03-02
expect "gives up when the backend stays down" 1 "the backend is down"

agenda broken 2026-03-02
expect "fails when the backend answers garbage" 1 "agenda: "

cases=$((cases + 1))
if grep -q '"reason":"Printing the agenda of a day"' "$folder/audit.jsonl" &&
   ! grep -q test-token "$folder/audit.jsonl"; then
    echo "ok $cases - leaves audit records with its reason and without the credential"
else
    failures=$((failures + 1))
    echo "not ok $cases - leaves audit records with its reason and without the credential"
fi

echo "1..$cases"
[ "$failures" = 0 ]
