#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# cppcheck has nothing to say of what is shipped. usage: cppcheck.sh BUILD
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
# Its own limits: headers of other libraries are not read; members of other libraries' callbacks look unused; a loop that
# returns is as plain as an algorithm. It takes the string of a caller for gone within the callee (wire/text.h).
cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
  --suppress=missingIncludeSystem --suppress=uninitMemberVar --suppress=passedByValue --suppress=noExplicitConstructor \
  --suppress=invalidLifetime:wire/text.h --suppress=syntaxError:daemon/connection.cc --suppress=normalCheckLevelMaxBranches '-DSEIMON_VERSION="0"' -I . -j "$(nproc)" $rooms
