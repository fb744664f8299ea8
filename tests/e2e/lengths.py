"""Lengths of lines by pydicom, for measures.rs.

Arguments: a file, then x0,y0,x1,y1 of a line. Prints millimetres, from what the file states and nothing else: the
ultrasound region that holds both ends, else PixelSpacing, else ImagerPixelSpacing.
"""

import math
import sys
import warnings

import pydicom

warnings.filterwarnings("ignore")
data = pydicom.dcmread(sys.argv[1], stop_before_pixels=True)
x0, y0, x1, y1 = (float(part) for part in sys.argv[2].split(","))


def inside(region, x, y):
    return (region.RegionLocationMinX0 <= x <= region.RegionLocationMaxX1 + 1
            and region.RegionLocationMinY0 <= y <= region.RegionLocationMaxY1 + 1)


across = down = None
for region in data.get("SequenceOfUltrasoundRegions", []):
    is_tissue = region.PhysicalUnitsXDirection == region.PhysicalUnitsYDirection == 3
    if is_tissue and inside(region, x0, y0) and inside(region, x1, y1):
        across, down = abs(region.PhysicalDeltaX) * 10, abs(region.PhysicalDeltaY) * 10
if across is None and "SequenceOfUltrasoundRegions" not in data:
    down, across = (float(n) for n in data.get("PixelSpacing", data.get("ImagerPixelSpacing")))
print("none" if across is None else repr(math.hypot((x1 - x0) * across, (y1 - y0) * down)))
