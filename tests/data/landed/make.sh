#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes landed.tar.gz: projects, histories, labels, settings and unsaved drawings as the version of commit b85fe8b (0.1.0)
# left them, and expected.json: what that version answers about them. tst_landed and tst_landed_studio open copies of it, so
# that a later version is shown to lose nothing. It is kept in the repository; it is made again only when another
# version's files are wanted, never to please a test.
#
#   git worktree add ../landed b85fe8b
#   cp tests/studio/landed/make_window.cpp ../landed/tests/studio/tst_make_window.cpp     # built like a test, run here
#   (cd ../landed && cmake --preset release && cmake --build build --target loom neuroloom tst_make_window)
#   tests/data/landed/make.sh ../landed/build/bin          # as root: the name of the computer is replaced (unshare --uts)
#
# Nothing of the computer that it runs on is kept: the folder, the home, the host and the user have neutral names.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
programs=$(readlink -f "$1")
root=/tmp/neuroloom-fixture
if [ "${2:-}" != inside ]; then
  exec unshare --uts "$0" "$programs" inside
fi
hostname workshop
rm -rf "$root"
mkdir -p "$root/home"
export HOME=$root/home USER=ada LOGNAME=ada XDG_STATE_HOME=$root/home/state XDG_CONFIG_HOME=$root/home/config XDG_DATA_HOME=$root/home/data
export LOOM_SAMPLES=${LOOM_SAMPLES:-$programs/../../resources/samples} QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8 TZ=UTC
cd "$root"
python3 "$here/make_projects.py" "$programs/loom" "$root"
maker=$programs/tst_make_window
[ -x "$maker" ] || maker=$programs/make_window
"$maker" "$root"
hostname elsewhere # the projects are read on another computer
rm -rf "$root/home/data" "$root/home/.cache"
python3 "$here/record.py" "$programs/loom" "$root"
if grep -rlE "$(dirname "$(dirname "$programs")")|$(dirname "$here")" "$root"; then
  echo "A path of this computer is in the files above." >&2
  exit 1
fi
tar --sort=name --owner=0 --group=0 --numeric-owner -C "$root" -cf - expected.json home inputs projects runs.json | gzip -9n >"$here/landed.tar.gz"
ls -l "$here/landed.tar.gz"
rm -rf "$root"
