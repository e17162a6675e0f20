#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Takes the pictures of docs/guides/page-for-users.md, in a real browser in front of the real page.
# Usage: sudo docs/pictures.sh [FOLDER]   (docs/guides/pictures); ./test.sh has built it: build/release
. "$(dirname "$0")/../tests/support/packages.sh"
. "$(dirname "$0")/../tests/support/world.sh"
HERE=$(cd "$(dirname "$0")" && pwd)
need_root docs/pictures.sh
BUILD=$HERE/../build/release
if [ -z "${SEIMON_WORLD-}" ]; then
  install_packages "${WORLD_PACKAGES[@]}" chromium chromium-driver python3-selenium zbar-tools python3-pil fonts-ipafont-gothic fonts-dejavu-core
  unpack_packages "$(realpath "$BUILD")/proxies" "${PROXY_PACKAGES[@]}"
fi
world_enter "$0" "$@"
FOLDER=${1:-$HERE/guides/pictures}
export TZ=Asia/Tokyo
world_up "$BUILD"
. "$HERE/../tests/support/page.sh"
. "$HERE/../tests/support/proxies.sh"
page_config 'approve: { enabled = true; }; default: { action = "require"; unenrolled = "enrol"; };'
sed -i 's/help = .*/help = "情報センター・IT help desk: 4567";/' "$W/etc/seimon.conf"
step_clock '2026-04-03 00:12:00'
seimond_start
page_start
tls_make
proxy_start nginx
export HOME=$W/browser PASSWORD SRV4_HOME CLOCK APPROVES=1
trust_authority "$HOME"
mkdir -p "$FOLDER"
for person in bob:ja alice:en; do
  ip netns exec home /usr/bin/python3 "$HERE/../tests/support/walk.py" "${person%:*}" "${person#*:}" "$FOLDER" >/dev/null || exit 1
done
rm "$FOLDER"/*-2-list.png  # not in the guide
# A few colours do, at a third of the size.
/usr/bin/python3 - "$FOLDER" <<'PYTHON'
import glob, sys
from PIL import Image
for file in glob.glob(sys.argv[1] + "/*.png"):
    Image.open(file).convert("RGB").quantize(32).save(file, optimize=True)
PYTHON
