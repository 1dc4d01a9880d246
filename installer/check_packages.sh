#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the packages in a clean Debian 12 and uses them there as a person would: `check_packages.sh BUILD_FOLDER`.
# Needs root and debootstrap. The mirror is the machine's own. The system is made in BUILD_FOLDER/clean-system and removed
# at the end.
set -euo pipefail
build=$(readlink -f "$1")
root=$build/clean-system
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
say() { printf '%s\n' "$*" >&2; }
inside() { # user, command…
  local user=$1
  shift
  chroot "$root" /usr/bin/env -i HOME="/home/$user" USER="$user" PATH=/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 \
    ${DISPLAY:+DISPLAY="$DISPLAY"} setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
}

[ -n "$mirror" ] || { say "No Debian 12 mirror stands in this machine's apt sources."; exit 4; }
rm -rf "$root"
say "A clean Debian 12 from $mirror"
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$build/clean-system.log" 2>&1 ||
  { say "debootstrap failed; its last lines:"; tail -n 3 "$build/clean-system.log" >&2; exit 1; }
cp "$build"/loom_*.deb "$build"/neuroloom_*.deb "$root/"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
mount --bind /proc "$root/proc"
trap 'umount "$root/proc"; rm -rf "$root"' EXIT

say "Installing loom and neuroloom, with what they name in Depends and nothing else"
chroot "$root" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends /loom_*.deb /neuroloom_*.deb' \
  >>"$build/clean-system.log" 2>&1 || { say "apt failed; its last lines:"; tail -n 5 "$build/clean-system.log" >&2; exit 1; }
chroot "$root" useradd --create-home --shell /bin/sh person

say "loom:"
inside person loom --version
inside person loom doctor
for template in iris digits; do
  inside person loom new "/home/person/$template.loom" --template "$template"
  inside person loom train "/home/person/$template.loom"
  inside person loom evaluate "/home/person/$template.loom" last
done
say "Without its data a template says which package has it:"
if inside person loom new /home/person/cnn.loom --template cnn && inside person loom train /home/person/cnn.loom --epochs 1; then
  say "Fashion-MNIST is not installed here, and yet it was trained on."
  exit 1
fi

say "neuroloom:"
inside person neuroloom --version -platform offscreen
inside person neuroloom -platform offscreen --render /home/person/charts /home/person/digits.loom last
inside person neuroloom -platform offscreen --shots /home/person/shots --theme light --only welcome
if command -v Xvfb >/dev/null; then
  Xvfb :97 -screen 0 1440x900x24 >/dev/null 2>&1 &
  server=$!
  sleep 2
  status=0
  DISPLAY=:97 inside person timeout 8 neuroloom /home/person/digits.loom || status=$?
  kill "$server"
  [ "$status" -eq 124 ] || { say "The window did not stay open: it ended with $status."; exit 1; }
  say "The window opened on a display and stayed."
else
  say "No Xvfb here: the window was started on Qt's offscreen platform only."
fi
mkdir -p "$build/clean-system-pictures"
cp "$root"/home/person/charts/*.png "$root"/home/person/shots/*.png "$build/clean-system-pictures/"
say "Both packages work in a clean Debian 12. Pictures: $build/clean-system-pictures"
