#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every example of seimon(1) in its help, the manual pages, the README and the guides is a command line that the command
# takes. (Guides and system tests run many of them; here each is parsed.) usage: examples.sh BUILD
cd "$(dirname "$0")/../.." || exit 1
exec python3 tests/rules/examples.py "$1/tests/parse_examples"
