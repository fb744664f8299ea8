"""Objects of another program for `calx region import`: highdicom marks places on images, and pydicom says where they are.

    annotations.py IMAGE OTHER_IMAGE FOLDER

Writes sr.dcm, seg.dcm, pr.dcm and ko.dcm into FOLDER and prints, as one JSON document, what pydicom reads of them again:
points and codes of the report's groups, the pixels of each segment (how many, and where), graphics of the state. The report
has a region on OTHER_IMAGE too.
"""
import json
import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

CALCIFICATION = Code("237897009", "SCT", "Vascular Calcification")
OTHER = Code("4147007", "SCT", "Mass")
HAND = Code("85562004", "SCT", "Hand")
RIGHT = Code("24028007", "SCT", "Right")
EQUIPMENT = {
    "manufacturer": "Synthetic",
    "manufacturer_model_name": "Generator",
    "software_versions": "1",
    "device_serial_number": "1",
}
# Where highdicom says that points lie; none of the first outline's is on a grid of 1/256.
OUTLINE = np.array([[20.1, 30.2], [60.3, 32.4], [50.5, 70.6], [22.7, 64.8], [20.1, 30.2]])
ELLIPSE = np.array([[100.0, 150.0], [160.0, 150.0], [130.0, 135.0], [130.0, 165.0]])
CIRCLE = np.array([[80.0, 220.0], [92.0, 220.0]])
LINE = np.array([[150.25, 20.5], [180.75, 60.0]])
POINT = np.array([[33.5, 44.5]])


def uid():
    return hd.UID()


def group(image, graphic, points, finding, identifier, tracking=None):
    region = hd.sr.ImageRegion(
        graphic_type=graphic,
        graphic_data=points,
        source_image=hd.sr.SourceImageForRegion.from_source_image(image),
    )
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        referenced_region=region,
        tracking_identifier=hd.sr.TrackingIdentifier(uid=tracking or uid(), identifier=identifier),
        finding_type=finding,
        finding_sites=[hd.sr.FindingSite(anatomic_location=HAND, laterality=RIGHT)],
        measurements=[hd.sr.Measurement(name=codes.SCT.Area, value=1.0, unit=codes.UCUM.SquareMillimeter)],
    )


def report(image, other):
    kinds = hd.sr.GraphicTypeValues
    lesion = uid()
    groups = [
        group(image, kinds.POLYLINE, OUTLINE, CALCIFICATION, "outline", lesion),
        group(image, kinds.ELLIPSE, ELLIPSE, OTHER, "ellipse", lesion),
        group(image, kinds.CIRCLE, CIRCLE, CALCIFICATION, "circle"),
        group(image, kinds.POLYLINE, LINE, OTHER, "line"),
        group(image, kinds.POINT, POINT, OTHER, "point"),
        group(other, kinds.POINT, POINT, OTHER, "elsewhere"),
    ]
    observer = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(name="Reader^One"),
    )
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_person_context=observer),
        procedure_reported=Code("363680008", "SCT", "Radiographic imaging procedure"),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=[image, other],
    )
    return hd.sr.ComprehensiveSR(
        evidence=[image, other], content=content, series_number=101, series_instance_uid=uid(),
        sop_instance_uid=uid(), instance_number=1, is_complete=True, is_verified=False, **EQUIPMENT,
    )


def masks(image):
    rows, columns = image.Rows, image.Columns
    y, x = np.mgrid[0:rows, 0:columns]
    disc = (x - 90) ** 2 + (y - 120) ** 2 <= 31**2
    ring = ((x - 105) ** 2 + (y - 130) ** 2 <= 24**2) & ((x - 105) ** 2 + (y - 130) ** 2 >= 11**2)
    assert (disc & ring).any(), "the segments overlap"
    return [disc, ring]


def segmentation(image):
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=n + 1, segment_label=label, segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=kind, algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
            tracking_uid=uid(), tracking_id=label, anatomic_regions=[HAND],
        )
        for n, (label, kind) in enumerate([("disc", CALCIFICATION), ("ring", OTHER)])
    ]
    pixels = np.stack([m.astype(np.uint8) for m in masks(image)], axis=-1)[None]
    return hd.seg.Segmentation(
        source_images=[image], pixel_array=pixels, segmentation_type="BINARY", segment_descriptions=descriptions,
        series_instance_uid=uid(), series_number=102, sop_instance_uid=uid(), instance_number=1,
        content_label="REGIONS", **EQUIPMENT,
    )


def state(image):
    layer = hd.pr.GraphicLayer(layer_name="MARKS", order=1)
    kinds, units = hd.pr.GraphicTypeValues, hd.pr.AnnotationUnitsValues

    def graphic(kind, points, unit=units.PIXEL):
        return hd.pr.GraphicObject(graphic_type=kind, graphic_data=np.asarray(points, float), units=unit)

    # Fractions of the displayed area, which is the whole image.
    corners = [[0.25, 0.5], [0.5, 0.5], [0.5, 0.75], [0.25, 0.5]]
    graphics = [
        graphic(kinds.POLYLINE, [[40, 40], [70, 40], [70, 90], [40, 90], [40, 40]]),
        graphic(kinds.ELLIPSE, [[100, 60], [140, 60], [120, 50], [120, 70]]),
        graphic(kinds.CIRCLE, [[60, 200], [75, 200]]),
        graphic(kinds.POINT, [[12.5, 13.5]]),
        graphic(kinds.POLYLINE, corners, units.DISPLAY),
    ]
    annotation = hd.pr.GraphicAnnotation(referenced_images=[image], graphic_layer=layer, graphic_objects=graphics)
    return hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=[image], series_instance_uid=uid(), series_number=103, sop_instance_uid=uid(), instance_number=1,
        content_label="MARKS", graphic_annotations=[annotation], graphic_layers=[layer],
        presentation_lut_transformation=hd.PresentationLUTTransformation(presentation_lut_shape="IDENTITY"), **EQUIPMENT,
    )


def keys(image):
    content = hd.ko.KeyObjectSelection(document_title=codes.DCM.ForTeaching, referenced_objects=[image])
    return hd.ko.KeyObjectSelectionDocument(
        evidence=[image], content=content, series_instance_uid=uid(), series_number=104, sop_instance_uid=uid(),
        instance_number=1, manufacturer="Synthetic",
    )


def children(item, value):
    return [c for c in item.get("ContentSequence", []) if c.ConceptNameCodeSequence[0].CodeValue == value]


def read_report(data):
    found = []
    for container in data.ContentSequence:
        for item in container.get("ContentSequence", []):
            for region in children(item, "111030"):
                found.append({
                    "graphic": region.GraphicType,
                    "points": [float(v) for v in region.GraphicData],
                    "finding": children(item, "121071")[0].ConceptCodeSequence[0].CodeValue,
                    "image": region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
                })
    return found


def read_segmentation(data):
    frames = data.pixel_array
    frames = frames if frames.ndim == 3 else frames[None]
    found = []
    for frame, groups in zip(frames, data.PerFrameFunctionalGroupsSequence):
        y, x = np.nonzero(frame)
        found.append({
            "segment": int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber),
            "pixels": int(frame.sum()), "left": int(x.min()), "top": int(y.min()),
            "sum": [int(x.sum()), int(y.sum())],
        })
    return found


def main():
    image, other = (pydicom.dcmread(path) for path in sys.argv[1:3])
    folder = Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    made = {"sr": report(image, other), "seg": segmentation(image), "pr": state(image), "ko": keys(image)}
    for name, data in made.items():
        data.save_as(folder / f"{name}.dcm")
    again = {name: pydicom.dcmread(folder / f"{name}.dcm") for name in made}
    json.dump({
        "sr": read_report(again["sr"]),
        "seg": read_segmentation(again["seg"]),
        "pr": [
            [g.GraphicType, g.GraphicAnnotationUnits, [float(v) for v in g.GraphicData]]
            for a in again["pr"].GraphicAnnotationSequence for g in a.GraphicObjectSequence
        ],
        "uids": {name: str(data.SOPInstanceUID) for name, data in again.items()},
    }, sys.stdout)


main()
