#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Comparing takes the same path whatever the keys and the code are: valgrind reports none of its branches or indices.
# usage: constant_time.sh BUILD
check() { valgrind --quiet --error-exitcode=9 "$@" >/dev/null 2>"$out"; }
out=$(mktemp)
trap 'rm -f "$out"' EXIT
check "$1/tests/constant_time_check" || { echo "a branch or an index depends on a secret:"; head -n 40 "$out"; exit 1; }
check "$1/tests/constant_time_check" leaky
[ $? = 9 ] || { echo "the check does not notice a careless comparison"; exit 1; }
echo "no branch and no index depends on a key or a code"
