"""What highdicom and pydicom find in every DICOM object under a folder, as one JSON document on stdout.

Each file by its path: of a report its groups with graphic, numbers, codes and words; of a segmentation the pixels of each
segment, counted on the source image; of a presentation state and key objects what they refer to.
"""
import json
import sys
from pathlib import Path

import highdicom as hd
import pydicom

REPORT = "1.2.840.10008.5.1.4.1.1.88.33"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
STATE = "1.2.840.10008.5.1.4.1.1.11.1"
KEYS = "1.2.840.10008.5.1.4.1.1.88.59"


def code(concept):
    return [concept.value, concept.scheme_designator, concept.meaning]


def raw_code(sequence):
    found = sequence[0]
    value = found.get("CodeValue") or found.get("LongCodeValue")
    return [value, found.CodingSchemeDesignator, found.CodeMeaning]


def frames(reference):
    found = reference.get("ReferencedFrameNumber")
    if found is None:
        return []
    return [int(v) for v in found] if isinstance(found, pydicom.multival.MultiValue) else [int(found)]


def children(item, value):
    for child in item.get("ContentSequence", []):
        names = child.get("ConceptNameCodeSequence")
        if names and raw_code(names)[0] == value:
            yield child


def group(found):
    item = found._item if hasattr(found, "_item") else found[0]
    region = next(iter(children(item, "111030")), None)
    segment = next(iter(children(item, "121214")), None)
    out = {
        "tracking": found.tracking_uid,
        "identifier": found.tracking_identifier,
        "finding": code(found.finding_type),
        "sites": [
            [code(site.value), code(site.laterality) if site.laterality else None] for site in found.finding_sites
        ],
        "numbers": [
            {"name": code(m.name), "value": m.value, "unit": code(m.unit)} for m in found.get_measurements()
        ],
        "comment": [c.TextValue for c in children(item, "121106")],
        "presence": [raw_code(c.ConceptCodeSequence)[0] for c in children(item, "121052")],
        "observation": item.get("ObservationUID"),
    }
    if region is not None:
        out["graphic"] = region.GraphicType
        out["points"] = [float(v) for v in region.GraphicData]
        image = region.ContentSequence[0].ReferencedSOPSequence[0]
        out["image"] = image.ReferencedSOPInstanceUID
        out["frames"] = frames(image)
        # pydicom's own reading of the same item, without highdicom's classes
        out["as_roi"] = [list(map(float, p)) for p in found.roi.value] if found.roi is not None else None
    if segment is not None:
        reference = segment.ReferencedSOPSequence[0]
        out["segment"] = [reference.ReferencedSOPInstanceUID, frames(reference)]
        source = next(children(item, "121233")).ReferencedSOPSequence[0]
        out["frames"] = frames(source)
    return out


def statement(found):
    item = found[0]
    return {
        "tracking": found.tracking_uid,
        "identifier": found.tracking_identifier,
        "observation": item.get("ObservationUID"),
        "presence": [raw_code(c.ConceptCodeSequence)[0] for c in children(item, "121052")],
        "comment": [c.TextValue for c in children(item, "121106")],
        "images": [c.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for c in children(item, "260753009")],
    }


def report(path, data):
    title = raw_code(data.ConceptNameCodeSequence)
    out = {"title": title, "patient": str(data.PatientName), "completion": data.CompletionFlag}
    if title[0] != "126000":
        return out
    content = hd.sr.srread(path).content
    out["groups"] = [group(g) for g in content.get_planar_roi_measurement_groups()]
    out["statements"] = [statement(g) for g in content.get_image_measurement_groups()]
    return out


def segmentation(path, data):
    found = hd.seg.segread(path)
    segments = []
    for number in found.segment_numbers:
        description = found.get_segment_description(number)
        sources = [uid for _, _, uid in found.get_source_image_uids()]
        pixels = found.get_pixels_by_source_instance(sources, segment_numbers=[number])
        segments.append(
            {
                "number": int(number),
                "label": description.segment_label,
                "tracking": description.tracking_uid,
                "identifier": description.tracking_id,
                "modifiers": [
                    raw_code([modifier])
                    for region in description.get("AnatomicRegionSequence", [])
                    for modifier in region.get("AnatomicRegionModifierSequence", [])
                ],
                "type": code(description.segmented_property_type),
                "pixels": int(pixels.sum()),
                "shape": list(pixels.shape[1:3]),
                "sources": [str(s) for s in sources],
            }
        )
    return {"segments": segments, "instance": data.SOPInstanceUID}


def state(data):
    voi = data.SoftcopyVOILUTSequence[0]
    graphics = []
    for annotation in data.get("GraphicAnnotationSequence", []):
        for graphic in annotation.get("GraphicObjectSequence", []):
            points = [float(v) for v in graphic.GraphicData]
            tracked = [graphic.get("TrackingUID"), graphic.get("TrackingID")]
            graphics.append({"type": graphic.GraphicType, "points": points, "tracked": tracked})
    return {
        "window": [float(voi.WindowCenter), float(voi.WindowWidth)] if "WindowCenter" in voi else None,
        "shape": data.PresentationLUTShape,
        "rotation": data.ImageRotation,
        "flip": data.ImageHorizontalFlip,
        "graphics": graphics,
        "images": [r.ReferencedSOPInstanceUID for s in data.ReferencedSeriesSequence for r in s.ReferencedImageSequence],
    }


def keys(data):
    images = [i.ReferencedSOPSequence[0] for i in data.ContentSequence if i.ValueType == "IMAGE"]
    return {
        "title": raw_code(data.ConceptNameCodeSequence),
        "images": [i.ReferencedSOPInstanceUID for i in images],
    }


def main():
    folder = Path(sys.argv[1])
    out = {}
    for path in sorted(folder.rglob("*.dcm")):
        data = pydicom.dcmread(path)
        name = path.relative_to(folder).as_posix()
        if data.SOPClassUID == REPORT:
            out[name] = report(path, data)
        elif data.SOPClassUID == SEGMENTATION:
            out[name] = segmentation(path, data)
        elif data.SOPClassUID == STATE:
            out[name] = state(data)
        elif data.SOPClassUID == KEYS:
            out[name] = keys(data)
        else:
            raise SystemExit(f"{name} is of a class calx does not write")
    json.dump(out, sys.stdout)


main()
