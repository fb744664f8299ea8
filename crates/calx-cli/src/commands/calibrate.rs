//! `calx case calibrate`: the scale of an image from a length a person knows.
//!
//! Not here: what a scale means for a region (`calx-measure`).
//!
//! Invariants
//! - Rows and columns keep the ratio the header gives them (its spacing, else PixelAspectRatio): a known length says how
//!   large pixels are, not what shape they have.

use calx_geometry::{GridPoint, GridRect, Point};
use calx_model::{CaseImage, Edit, ImageField, PixelSpacing, SpacingBasis};
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
    let scale = match (args.from, args.to, args.mm) {
        (Some(from), Some(to), Some(mm)) => Some(scale_of(image, from, to, mm, workspace)?),
        _ => None,
    };
    let (id, before) = (image.id, words(image.effective_spacing()));
    let number = case.images().position(|(_, i)| i.id == id).map(|at| (at + 1).to_string());
    let unchanged = image.user_scale == scale;
    let after = words(scale.as_ref().or(image.spacing.as_ref()));
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
    out.note(format!("a pixel is {after}, it was {before}{follow}"));
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

/// The scale by which the two ends are `mm` apart.
fn scale_of(
    image: &CaseImage,
    from: GridPoint,
    to: GridPoint,
    mm: f64,
    workspace: &Workspace,
) -> Result<PixelSpacing, Failure> {
    let bounds = GridRect::image(image.columns, image.rows);
    let outside = |p: GridPoint| !bounds.contains_rect(&GridRect { min: p, max: p });
    if outside(from) || outside(to) {
        let text = format!(
            "a known length lies in its image, which is {} px wide and {} px high; the scale is unchanged",
            image.columns, image.rows
        );
        return Err(Failure::say(Exit::SomeFailed, text));
    }
    if !(mm.is_finite() && mm > 0.0) {
        let text = format!("--mm is {mm}, a known length is above 0; the scale is unchanged");
        return Err(Failure::say(Exit::Usage, text));
    }
    let (rows, columns) = ratio(image, workspace)?;
    let d = to.point() - from.point();
    let length = (d.x * columns).hypot(d.y * rows);
    if length <= 0.0 {
        return Err(Failure::say(Exit::Usage, "both ends are one point; the scale is unchanged")
            .hint("give the two ends of something whose length is known, as a ruler or a marker ball"));
    }
    PixelSpacing::checked(rows * mm / length, columns * mm / length, SpacingBasis::User)
        .ok_or_else(|| Failure::say(Exit::Usage, "no pixel has such a size; the scale is unchanged"))
}

/// How high a pixel is and how wide, in any unit.
fn ratio(image: &CaseImage, workspace: &Workspace) -> Result<(f64, f64), Failure> {
    if let Some(spacing) = &image.spacing {
        return Ok((spacing.between_rows_mm, spacing.between_columns_mm));
    }
    let locator = workspace.locate(&image.source).map_err(workspace_failure)?;
    let info = calx_dicom::read_image_info(&locator, image.display.frame).or_exit(Exit::SomeFailed)?.value;
    Ok(info.pixel_aspect.unwrap_or((1.0, 1.0)))
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
