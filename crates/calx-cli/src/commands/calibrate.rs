//! `calx case calibrate`: the scale of an image from a length a person knows.
//!
//! Not here: the scale that follows from a length, and what it means for a region (`calx-measure`).

use calx_geometry::{GridPoint, Point};
use calx_measure::{CalibrateError, Calibration, calibrate};
use calx_model::{CaseImage, Edit, ImageField, PixelSpacing};
use calx_workspace::Workspace;
use clap::Args;

use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::Out;
use crate::place;
use crate::session::{State, Writing, workspace_failure};

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Number or id of the case
    pub(crate) case: String,
    /// Number, id or SOP Instance UID of the image
    image: String,
    /// One end in image pixels: 0,0 is the outer corner of the first pixel
    #[arg(long, value_parser = point, value_name = "X,Y", allow_hyphen_values = true, required_unless_present = "remove")]
    from: Option<GridPoint>,
    /// The other end
    #[arg(long, value_parser = point, value_name = "X,Y", allow_hyphen_values = true, required_unless_present = "remove")]
    to: Option<GridPoint>,
    /// How far apart they are in the patient
    #[arg(long, value_name = "MM", allow_hyphen_values = true, required_unless_present = "remove")]
    mm: Option<f64>,
    /// Take the scale away: lengths follow from the header again
    #[arg(long, conflicts_with_all = ["from", "to", "mm"])]
    remove: bool,
}

/// `155.5,409`, put on the grid of marks.
fn point(text: &str) -> Result<GridPoint, String> {
    let wrong = || format!("{text:?} is no position; write X,Y in image pixels, as 155.5,409");
    let (x, y) = text.split_once(',').ok_or_else(wrong)?;
    let number = |part: &str| part.trim().parse::<f64>().map_err(|_not_a_number| wrong());
    GridPoint::snap(Point::new(number(x)?, number(y)?)).map_err(|error| error.to_string())
}

pub(crate) fn run(
    args: &CalibrateArgs,
    workspace: &Workspace,
    mut writing: Writing<'_>,
    out: &Out,
) -> Outcome {
    let case = writing.case();
    let image = place::image(case, &args.image)?;
    let found = match (args.from, args.to, args.mm) {
        (Some(from), Some(to), Some(mm)) => {
            Some(calibrate(image, [from, to], mm, aspect(image, workspace)?).map_err(refused)?)
        }
        _ => None,
    };
    let id = image.id;
    let kept = image.user_scale.clone();
    let (scale, before) = match found {
        Some(Calibration { scale, before }) => (Some(scale), before),
        None => (None, kept.clone().or_else(|| image.spacing.clone())),
    };
    let number = case.images().position(|(_, i)| i.id == id).map(|at| (at + 1).to_string());
    let unchanged = image.user_scale == scale;
    let within = scale.as_ref().or(kept.as_ref()).and_then(|scale| scale.within);
    let after = match (&scale, within) {
        (Some(scale), _) => words(Some(scale)),
        (None, Some(_)) => "as its part of the picture says".to_owned(),
        (None, None) => words(image.spacing.as_ref()),
    };
    let place = within.map(|_| " in that part of the picture").unwrap_or_default();
    let given_up = match (&kept, &scale) {
        (Some(kept), Some(scale)) if !same_place(kept, scale) => {
            "; the scale drawn elsewhere in it is given up"
        }
        _ => "",
    };
    let regions = case.regions.iter().filter(|region| region.image == id).count();
    if unchanged {
        return writing.say("image", number, id.0, State::Unchanged);
    }
    writing.commit(Edit::SetImage { image: id, field: ImageField::UserScale(scale) })?;
    let follow = match regions {
        0 => String::new(),
        1 => "; the measures of its 1 region follow".to_owned(),
        n => format!("; the measures of its {n} regions follow"),
    };
    let before = words(before.as_ref());
    out.note(format!("a pixel{place} is {after}, it was {before}{given_up}{follow}"));
    writing.say("image", number, id.0, State::Changed)
}

/// Millimetres down and to the right, with where they hold.
fn words(spacing: Option<&PixelSpacing>) -> String {
    spacing.map_or_else(
        || "of no known size".to_owned(),
        |s| {
            let (rows, columns) = (s.between_rows_mm, s.between_columns_mm);
            format!("{rows:.6} x {columns:.6} {} (down x across)", s.basis.label())
        },
    )
}

/// Whether two scales hold at one place.
fn same_place(one: &PixelSpacing, other: &PixelSpacing) -> bool {
    match (&one.within, &other.within) {
        (None, None) => true,
        (Some(one), Some(other)) => one.measures_as(other),
        _ => false,
    }
}

fn refused(error: CalibrateError) -> Failure {
    let exit = match error {
        CalibrateError::Outside { .. } => Exit::SomeFailed,
        _ => Exit::Usage,
    };
    let failure = Failure::new(exit, error);
    match error {
        CalibrateError::OnePoint => {
            failure.hint("give the two ends of something whose length is known, as a ruler or a marker ball")
        }
        CalibrateError::Across | CalibrateError::NoSpace => failure.hint(
            "give two ends in one picture of tissue, or both outside of all parts: calx show lists them",
        ),
        _ => failure,
    }
}

/// Height of a pixel over its width where no spacing says it.
fn aspect(image: &CaseImage, workspace: &Workspace) -> Result<f64, Failure> {
    if image.spacing.is_some() || image.pixel_aspect.is_some() {
        return Ok(image.pixel_aspect.unwrap_or(1.0));
    }
    // A case of an earlier version does not hold it.
    let locator = workspace.locate(&image.source).map_err(workspace_failure)?;
    let info = calx_dicom::read_image_info(&locator, image.display.frame).or_exit(Exit::SomeFailed)?.value;
    Ok(info.pixel_aspect.map_or(1.0, |(vertical, horizontal)| vertical / horizontal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_put_on_the_grid() {
        let at = |text| point(text).map(|p| (p.x.pixels(), p.y.pixels()));
        assert_eq!(at("155.5, 409"), Ok((155.5, 409.0)));
        assert_eq!(at("0.001,2"), Ok((0.0, 2.0)));
        for text in ["", "1", "1;2", "a,b", "NaN,1", "1,2,3", "1e9,1"] {
            assert!(point(text).is_err(), "{text}");
        }
    }
}
