#!/usr/bin/env bash
# DICOM objects of cases beside highdicom's, and the memory of many exports in one run.
#
#   objects.sh speed IMAGE [ROUNDS]    reports and segmentations in interleaved rounds, imports of Python taken off
#   objects.sh memory IMAGE            10, 100 and 1,000 cases exported by one process each
#   objects.sh workspace IMAGE DIR     only makes the workspace whose case 1 `peers.sh annot` exports (both kinds)
#
# IMAGE is one radiograph, as DX000.dcm of `peers.sh corpus`. Environment: CALX (the program), MAKE (the example
# annotated_cases of calx-workspace), PY (a Python with highdicom), PAIR (pair.py of the shared benchmark tools).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../../..
CALX=${CALX:-$top/target/release/calx} MAKE=${MAKE:-$top/target/debug/examples/annotated_cases}
PY=${PY:-$top/target/test-venv/bin/python} PAIR=${PAIR:-$top/../shared/tools/bench/pair.py}
job=${1:?speed, memory or workspace} image=$(realpath "${2:?an image}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A workspace with the image and cases on it: DIR CASES OUTLINES MASKS.
workspace() {
  local dir=$1 study
  shift
  "$CALX" init "$dir" -q
  "$CALX" import -w "$dir" -q --progress none "$image"
  study=$("$CALX" ls studies -w "$dir" --json | "$PY" -c 'import json, sys; print(json.load(sys.stdin)["rows"][0]["study"])')
  "$MAKE" "$dir" "$study" "$@"
}

case $job in
workspace)
  workspace "${3:?a folder}" 1 50 2
  ;;
speed)
  rounds=${3:-9}
  workspace "$scratch/sr" 1 50 0
  workspace "$scratch/seg" 1 0 2
  for kind in sr seg; do
    "$PY" "$PAIR" -n "$rounds" -b "highdicom-$kind" -d "highdicom-$kind:import" \
      "highdicom-$kind=$PY $here/objects.py $kind $image $scratch/$kind.dcm" \
      "import=$PY $here/objects.py import" \
      "calx-$kind=$CALX export 1 -w $scratch/$kind -o $scratch/out-$kind --as $kind --identity --force -q"
    find "$scratch/out-$kind" -name '*.dcm' -printf '%P %s bytes\n' | sort
  done
  ;;
memory)
  workspace "$scratch/many" 1000 10 1
  # By their ids: a number is looked for among all cases each time.
  "$CALX" ls cases -w "$scratch/many" --json |
    "$PY" -c 'import json, sys; [print(row["id"]) for row in json.load(sys.stdin)["rows"]]' >"$scratch/ids"
  for count in 10 100 1000; do
    "$PY" "$PAIR" -n 1 -w 0 -t "$count:cases" \
      "$count-cases=$CALX export $(head -n "$count" "$scratch/ids" | tr '\n' ' ') -w $scratch/many -o $scratch/out --as sr,seg,gsps,kos --identity -q" |
      tail -n +2
    find "$scratch/out" -name '*.dcm' | wc -l
    rm -rf "$scratch/out"
  done
  ;;
*)
  sed -n 2,11p "${BASH_SOURCE[0]}"
  exit 2
  ;;
esac
