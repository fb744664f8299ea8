//! Cases full of marks on one study, to measure exports with.
//!
//! `annotated_cases WORKSPACE STUDY CASES OUTLINES MASKS` makes cases 1 to CASES in a workspace that has the study. On the
//! first image of each are OUTLINES outlines of 64 corners, closed by a 65th point where a format repeats the first, and
//! MASKS painted masks that together reach over most of the frame. The same arguments give the same shapes.

use std::error::Error;
use std::path::Path;

use calx_geometry::{Area, Grid, GridPoint, Mask, Outline};
use calx_model::{
    CaseId, CaseImage, Edit, NewCase, Origin, ReaderRole, Reading, ReadingState, Region, Shape, Stamp,
    StudyInstanceUid,
};
use calx_workspace::{AddStudy, Workspace};
use jiff::Timestamp;
use uuid::Uuid;

const CORNERS: u32 = 64;

fn stamp() -> Stamp {
    Stamp { at: Timestamp::now(), who: "bench".to_owned(), tool: "annotated_cases".to_owned() }
}

/// A star of many corners, 100 to 170 pixels wide on a film of 2500, in the square with this number, of ten in a row.
fn outline(number: u32, image: &CaseImage) -> Result<Shape, Box<dyn Error>> {
    let (width, height) = (f64::from(image.columns) / 10.0, f64::from(image.rows) / 10.0);
    let (x, y) = (f64::from(number % 10) * width, f64::from(number / 10 % 10) * height);
    let mut corners = Vec::new();
    for corner in 0..CORNERS {
        let angle = f64::from(corner) / f64::from(CORNERS) * std::f64::consts::TAU;
        let reach = 0.2 + 0.035 * f64::from((corner * 7 + number) % 5);
        let along = |start: f64, size: f64, part: f64| Grid::snap(start + size * 0.5 + width * reach * part);
        corners.push(GridPoint::new(along(x, width, angle.cos())?, along(y, height, angle.sin())?));
    }
    Ok(Shape::Area(Area::from_outline(Outline::new(corners)?)))
}

/// Rows full of pixels, and others: where nothing is set is as much of the frame as where something is.
fn mask(number: u32, image: &CaseImage) -> Result<Shape, Box<dyn Error>> {
    let rows = image.rows * 3 / 10..image.rows * 7 / 10;
    let spans = rows.map(|row| {
        let start = image.columns / 4 + (row * 7 + number * 31) % 40;
        (row, start..(start + image.columns / 2 + row % 50).min(image.columns))
    });
    Ok(Shape::Mask(Mask::from_spans(spans.collect::<Vec<_>>())?))
}

/// Fills an empty case.
fn annotate(
    workspace: &Workspace,
    id: CaseId,
    study: &StudyInstanceUid,
    outlines: u32,
    masks: u32,
) -> Result<(), Box<dyn Error>> {
    let mut writer = workspace.write_case(id)?;
    let added =
        workspace.add_study(writer.document().case(), &AddStudy::all(study.clone()), &mut Uuid::new_v4)?;
    writer.commit(added.edit, stamp())?;
    let case = writer.document().case();
    let (_, image) = case.images().next().ok_or("the study has no image")?;
    let reading = case.readings.first().ok_or("the case has no reading")?.id;
    let shapes = (0..outlines).map(|n| outline(n, image)).chain((0..masks).map(|n| mask(n, image)));
    let mut edits = Vec::new();
    for (index, shape) in (0u32..).zip(shapes) {
        let region = Box::new(Region {
            id: Uuid::new_v4().into(),
            image: image.id,
            frames: Vec::new(),
            shape: shape?,
            label: "calcified stretch".to_owned(),
            attributes: std::collections::BTreeMap::new(),
            sites: Vec::new(),
            side: None,
            track: None,
            reading,
            origin: Origin::Drawn { tool: "polygon".to_owned() },
        });
        edits.push(Edit::AddRegion { index, region });
    }
    writer.commit(Edit::Batch { edits }, stamp())?;
    writer.close()?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("{what} is needed"));
    let workspace = Workspace::open(Path::new(&next("the folder of a workspace")?))?;
    let study = StudyInstanceUid::new(&next("the UID of a study")?)?;
    let mut count = |what: &str| -> Result<u32, Box<dyn Error>> { Ok(next(what)?.parse()?) };
    let (cases, outlines, masks) =
        (count("a number of cases")?, count("a number of outlines")?, count("a number of masks")?);
    // All cases first: each new one looks at those that are there, which is quick while they are empty.
    let mut made = Vec::new();
    for number in 1..=cases {
        let reading = Reading {
            id: Uuid::new_v4().into(),
            reader: "bench".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        };
        let new = NewCase {
            id: Uuid::new_v4().into(),
            number: Some(number),
            title: format!("Case {number}"),
            language: "en".to_owned(),
            created: Timestamp::now(),
            schema: workspace.schema().reference(),
            reading,
        };
        made.push(new.id);
        workspace.create_case(new, stamp())?.close()?;
    }
    for id in made {
        annotate(&workspace, id, &study, outlines, masks)?;
    }
    Ok(())
}
