"""What highdicom needs for the objects of a case, to be measured beside calx.

objects.py sr IMAGE FILE    a report (TID 1500) of 50 closed polylines of 65 points, a measurement each
objects.py seg IMAGE FILE   a segmentation of two segments of the whole frame
objects.py import           the imports alone, to be taken off
"""

import sys

import highdicom as hd
import numpy as np
import pydicom
from highdicom.sr import (
    CodedConcept,
    ComprehensiveSR,
    ImageRegion,
    Measurement,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    SourceImageForRegion,
    TrackingIdentifier,
)
from pydicom.sr.codedict import codes


def report(source, file):
    person = PersonObserverIdentifyingAttributes(name="Reader^One")
    observer = ObserverContext(observer_type=codes.DCM.Person, observer_identifying_attributes=person)
    angles = np.linspace(0, 2 * np.pi, 65)
    groups = []
    for number in range(50):
        middle = [source.Columns * (number % 10 + 0.5) / 10, source.Rows * (number // 10 + 0.5) / 10]
        points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 100 + middle
        points[-1] = points[0]
        groups.append(
            PlanarROIMeasurementsAndQualitativeEvaluations(
                tracking_identifier=TrackingIdentifier(hd.UID(), f"L{number}"),
                referenced_region=ImageRegion(
                    graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
                    graphic_data=points,
                    source_image=SourceImageForRegion.from_source_image(source),
                ),
                finding_type=CodedConcept("237897009", "SCT", "Vascular Calcification"),
                measurements=[Measurement(name=codes.SCT.Area, value=12.5, unit=codes.UCUM.SquareMillimeter)],
            )
        )
    content = MeasurementReport(
        observation_context=ObservationContext(observer_person_context=observer),
        procedure_reported=CodedConcept("371572003", "SCT", "Nuclear medicine procedure"),
        imaging_measurements=groups,
    )
    ComprehensiveSR(
        evidence=[source],
        content=content,
        series_number=90,
        series_instance_uid=hd.UID(),
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="x",
    ).save_as(file)


def segmentation(source, file):
    mask = np.zeros((1, source.Rows, source.Columns, 2), np.uint8)
    for segment in range(2):
        for row in range(source.Rows * 3 // 10, source.Rows * 7 // 10):
            start = source.Columns // 4 + (row * 7 + segment * 31) % 40
            mask[0, row, start : start + source.Columns // 2 + row % 50, segment] = 1
    kind = hd.seg.SegmentAlgorithmTypeValues.MANUAL
    described = [
        hd.seg.SegmentDescription(number, f"s{number}", codes.SCT.Tissue, codes.SCT.Tissue, kind)
        for number in (1, 2)
    ]
    hd.seg.Segmentation(
        [source],
        mask,
        hd.seg.SegmentationTypeValues.BINARY,
        described,
        hd.UID(),
        91,
        hd.UID(),
        1,
        "x",
        "y",
        "1",
        "z",
    ).save_as(file)


if sys.argv[1] != "import":
    image = pydicom.dcmread(sys.argv[2])
    {"sr": report, "seg": segmentation}[sys.argv[1]](image, sys.argv[3])
