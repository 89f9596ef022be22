#!/bin/sh
# tests/rig/cmocka.sh: runs a unit test and writes its skipped cases as TAP has them; cmocka writes "not ok N # SKIP".
# The exit status is that of the test.
skip='s/^not ok \([0-9]*\) # SKIP \(.*\)/ok \1 - \2 # SKIP/'
exec 4>&1
status=$({ { "$@" 3>&- 4>&-; echo $? >&3; } | sed -u "$skip" >&4; } 3>&1)
exit "$status"
