"""What dcmqi reads of segmentations: dcmqi.py SEG FOLDER ... -> one JSON document on stdout.

dcmqi is what 3D Slicer reads them with. Its program stands beside this interpreter. Per SEG, into the FOLDER after it: an
image a segment and a description of all; told here are size and pixels that are set, by tracking UID.
"""

import gzip
import json
import subprocess
import sys
from array import array
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("segimage2itkimage")


def image(path):
    """Sizes and number of set pixels of an NRRD file of 16 bits."""
    head, _, data = path.read_bytes().partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    if (fields["type"], fields["encoding"], fields.get("endian")) != ("short", "gzip", "little"):
        sys.exit(f"{path}: {fields}")
    values = array("h", gzip.decompress(data))
    return [int(size) for size in fields["sizes"].split()], sum(value != 0 for value in values)


def segments(seg, folder):
    folder.mkdir(parents=True, exist_ok=True)
    words = ["--inputDICOM", seg, "--outputDirectory", folder, "-p", "s", "-t", "nrrd"]
    ran = subprocess.run([PROGRAM, *words], capture_output=True, text=True, errors="replace")
    if ran.returncode:
        return {"error": ran.stdout + ran.stderr}
    told = json.loads((folder / "s-meta.json").read_text(encoding="utf-8"))
    found = {}
    for number, group in enumerate(told["segmentAttributes"], 1):
        for one in group:
            sizes, count = image(folder / f"s-{number}.nrrd")
            found[one["TrackingUniqueIdentifier"]] = {
                "sizes": sizes,
                "pixels": count,
                "label": one["SegmentLabel"],
                "type": one["SegmentedPropertyTypeCodeSequence"]["CodeValue"],
            }
    return found


if not PROGRAM.exists():
    sys.exit(f"no dcmqi beside {sys.executable}")
pairs = list(zip(sys.argv[1::2], sys.argv[2::2]))
json.dump({seg: segments(seg, Path(folder)) for seg, folder in pairs}, sys.stdout)
