#!/usr/bin/env bash
# Pictures of the window, taken from the model case; no display is needed.
#
#   docs/ui-scripts/pictures.sh            library, highlight, case and export sheet, made small, into docs/pictures
#   docs/ui-scripts/pictures.sh --all DIR  every screen at 100 % and 200 %, at 1024 x 700, and with names in other scripts
#
# CALX names the program; without it the program is built. The first needs ImageMagick, which makes the pictures small;
# letters of other scripts come from the fonts of the system (on Debian and Ubuntu: fonts-dejavu-core
# fonts-droid-fallback).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scripts=$PWD/docs/ui-scripts

case ${1:-} in
  "") all= out=$PWD/docs/pictures ;;
  --all)
    all=yes
    mkdir -p "${2:?a folder for the pictures}"
    out=$(cd "$2" && pwd)
    ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
if [ -z "${CALX:-}" ]; then
  cargo build --quiet --locked -p calx-cli --bin calx
  CALX=$PWD/${CARGO_TARGET_DIR:-target}/debug/calx
fi
CALX=$(realpath "$CALX")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The graphics libraries complain without one, and settings of the person are not to be seen in the pictures.
mkdir -m 700 "$scratch/runtime"
export XDG_RUNTIME_DIR=$scratch/runtime XDG_CONFIG_HOME=$scratch/config
"$CALX" demo --out "$scratch/demo" -q >"$scratch/demo.log"
workspace=$scratch/demo/workspace

# Plays the screens into a folder, with another size in place of the first.
take() {
  local folder=$1 size=$2
  mkdir -p "$folder"
  sed "s/^size .*/size $size/" "$scripts/screens.calx" >"$scratch/screens.calx"
  (cd "$folder" && "$CALX" -w "$workspace" --ui-script "$scratch/screens.calx" --offscreen >report.json)
}

if [ -z "$all" ]; then
  take "$scratch/pictures" "1280x800"
  mkdir -p "$out"
  for picture in library hover case export; do
    # Without dither flat grounds stay flat, and small.
    convert "$scratch/pictures/$picture.png" +dither -colors 128 -strip -define png:compression-level=9 \
      "PNG8:$out/$picture.png"
  done
  exit
fi

take "$out/100" "1280x800"
take "$out/200" "1280x800 scale 2"
take "$out/small" "1024x700"
take "$out/large" "1920x1080"

# Long names, and names from right to left.
calx() { "$CALX" -w "$workspace" -q "$@" >/dev/null; }
calx case set 52 title "両手の血管石灰化：橈骨動脈と尺骨動脈、および中手骨動脈弓に沿った広範な線状石灰化の一例"
calx case set 52 tags "石灰化,تكلس,血管"
calx statement set 52 1.1 --text "橈骨動脈に沿って線状の石灰化を認める。تكلس في الشريان الكعبري"
calx case new --number 53 --title "تكلس الشرايين في اليدين عند مريض مصاب بالقصور الكلوي المزمن"
calx case new --number 54 --title "手の血管石灰化"
take "$out/scripts" "1280x800"
take "$out/scripts-small" "1024x700"
