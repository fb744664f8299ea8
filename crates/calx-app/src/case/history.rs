//! What a step of history did, in words: so that undo and redo say what they take.
//!
//! Not here: history itself (`calx_model::Document`), where a step acted ([`super::place`]).

use calx_model::{
    Action, Case, CaseField, Document, Edit, ImageField, ImageId, JournalRow, RegionField, RegionId,
    StatementField, StatementId,
};

use crate::seams::WhyNot;

/// Rows of taking a study in: what it brought along, as the patient's age, is no step of anyone's work.
const BEGINNING: &str = "calx case add-study";

/// The row that undo would take back.
///
/// # Errors
/// There is none, or only the study is left, which is not undone by the keys that undo marks.
pub fn next_undo(document: &Document) -> Result<&JournalRow, WhyNot> {
    let row = document.next_undo().ok_or("there is nothing to undo")?;
    let adds_study = matches!(&row.action, Action::Edit { edit: Edit::AddStudy { .. }, .. });
    if adds_study || row.stamp.tool == BEGINNING {
        return Err("nothing left to undo but the study itself");
    }
    Ok(row)
}

/// What a row did; the case may be as before it or as after it.
#[must_use]
pub fn of_row(row: &JournalRow, case: &Case) -> String {
    match &row.action {
        Action::Edit { edit, .. } => words(edit, case),
        Action::Create { .. } => "case begun".to_owned(),
        Action::Undo { .. } | Action::Redo { .. } | Action::Record {} => "step of history".to_owned(),
    }
}

/// `region 3 added`.
#[must_use]
pub fn words(edit: &Edit, case: &Case) -> String {
    match edit {
        Edit::SetCase { field } => format!("{} changed", of_case(field)),
        Edit::AddStudy { .. } => "study added".to_owned(),
        Edit::RemoveStudy { .. } => "study removed".to_owned(),
        Edit::SetStudy { .. } => "words of a study changed".to_owned(),
        Edit::MoveStudy { .. } => "study moved".to_owned(),
        Edit::AddImage { .. } => "image added".to_owned(),
        Edit::RemoveImage { .. } => "image removed".to_owned(),
        Edit::SetImage { image, field } => of_image(*image, field, case),
        Edit::MoveImage { image, .. } => format!("{} moved", image_name(*image, case)),
        Edit::AddFinding { index, .. } => format!("finding {} added", u64::from(*index) + 1),
        Edit::RemoveFinding { .. } => "finding removed".to_owned(),
        Edit::SetFinding { .. } => "what a finding speaks about changed".to_owned(),
        Edit::MoveFinding { .. } => "finding moved".to_owned(),
        Edit::AddStatement { statement, .. } => format!("{} added", statement_name(statement.id, case)),
        Edit::RemoveStatement { statement } => format!("{} removed", statement_name(*statement, case)),
        Edit::SetStatement { statement, field } => {
            format!("{} of {} changed", of_statement(field), statement_name(*statement, case))
        }
        Edit::MoveStatement { statement, .. } => format!("{} moved", statement_name(*statement, case)),
        Edit::AddEvidence { statement, .. } => format!("link of {} added", statement_name(*statement, case)),
        Edit::RemoveEvidence { .. } => "link removed".to_owned(),
        Edit::SetEvidence { .. } => "link changed".to_owned(),
        Edit::AddRegion { index, .. } => format!("region {} added", u64::from(*index) + 1),
        Edit::RemoveRegion { region } => format!("{} removed", region_name(*region, case)),
        Edit::SetRegion { region, field } => {
            format!("{} of {} changed", of_region(field), region_name(*region, case))
        }
        Edit::MoveRegion { region, .. } => format!("number of {} changed", region_name(*region, case)),
        Edit::PaintMask { region, .. } => format!("brush stroke on {}", region_name(*region, case)),
        Edit::AddTrack { .. } => "track added".to_owned(),
        Edit::RemoveTrack { .. } => "track removed".to_owned(),
        Edit::SetTrack { .. } => "name of a track changed".to_owned(),
        Edit::AddReference { .. } => "reference added".to_owned(),
        Edit::RemoveReference { .. } => "reference removed".to_owned(),
        Edit::SetReference { .. } => "reference changed".to_owned(),
        Edit::MoveReference { .. } => "reference moved".to_owned(),
        Edit::AddReading { .. } => "reading added".to_owned(),
        Edit::RemoveReading { .. } => "reading removed".to_owned(),
        Edit::SetReading { .. } => "reading changed".to_owned(),
        Edit::SetRead { image, .. } => format!("read mark of {} changed", image_name(*image, case)),
        Edit::Batch { edits } => several(edits, case),
    }
}

/// The most telling of several, and how many more there are.
fn several(edits: &[Edit], case: &Case) -> String {
    let Some(main) = edits.iter().min_by_key(|edit| rank(edit)) else { return "nothing".to_owned() };
    let main = words(main, case);
    match edits.len() {
        1 => main,
        2 => format!("{main}, and 1 more change with it"),
        more => format!("{main}, and {} more changes with it", more - 1),
    }
}

/// What a person did comes before what it brought along, as links that go with a region.
const fn rank(edit: &Edit) -> u8 {
    match edit {
        Edit::AddStudy { .. } | Edit::RemoveStudy { .. } => 0,
        Edit::AddRegion { .. } | Edit::RemoveRegion { .. } | Edit::SetRegion { .. } => 1,
        Edit::AddFinding { .. } | Edit::RemoveFinding { .. } => 2,
        Edit::AddStatement { .. } | Edit::RemoveStatement { .. } => 3,
        Edit::AddEvidence { .. } | Edit::RemoveEvidence { .. } | Edit::SetEvidence { .. } => 4,
        _ => 5,
    }
}

const fn of_case(field: &CaseField) -> &'static str {
    match field {
        CaseField::Number(_) => "number of the case",
        CaseField::Title(_) => "title",
        CaseField::Language(_) => "language",
        CaseField::Licence(_) => "licence",
        CaseField::ConsentNote(_) => "consent note",
        CaseField::Status(_) => "status",
        CaseField::Contributors(_) => "contributors",
        CaseField::Patient(_) => "age and sex",
        CaseField::Presentation(_) => "presentation",
        CaseField::Discussion(_) => "discussion",
        CaseField::Quiz(_) => "quiz mark",
        CaseField::Tags(_) => "tags",
        CaseField::Schema(_) => "labels of the case",
    }
}

fn of_image(image: ImageId, field: &ImageField, case: &Case) -> String {
    let name = image_name(image, case);
    match field {
        ImageField::StatedSide(_) => format!("side of {name} changed"),
        ImageField::UserScale(_) => format!("scale of {name} changed"),
        ImageField::Display(_) => format!("kept view of {name} changed"),
        ImageField::Caption(_) => format!("caption of {name} changed"),
        ImageField::Key(true) => format!("{name} marked as key image"),
        ImageField::Key(false) => format!("key image mark of {name} taken away"),
        ImageField::PixelsCleared(_) => format!("word that {name} names nobody"),
    }
}

const fn of_statement(field: &StatementField) -> &'static str {
    match field {
        StatementField::Text(_) => "words",
        StatementField::Presence(_) => "presence",
        StatementField::Code(_) => "code",
        StatementField::Sites(_) => "sites",
        StatementField::Certainty(_) => "certainty",
        StatementField::ComparedTo(_) => "comparison",
        StatementField::Reading(_) => "reading",
    }
}

const fn of_region(field: &RegionField) -> &'static str {
    match field {
        RegionField::Shape(_) => "shape",
        RegionField::Frames(_) => "frames",
        RegionField::Label(_) => "label",
        RegionField::Attributes(_) => "attributes",
        RegionField::Sites(_) => "sites",
        RegionField::Side(_) => "side",
        RegionField::Track(_) => "track",
        RegionField::Reading(_) => "reading",
        RegionField::Origin(_) => "origin",
    }
}

fn image_name(id: ImageId, case: &Case) -> String {
    let at = case.images().position(|(_, image)| image.id == id);
    at.map_or_else(|| "an image".to_owned(), |at| format!("image {}", at + 1))
}

fn region_name(id: RegionId, case: &Case) -> String {
    case.region_number(id).map_or_else(|| "region".to_owned(), |number| format!("region {number}"))
}

fn statement_name(id: StatementId, case: &Case) -> String {
    let number = case.statement_number(id);
    number.map_or_else(|| "statement".to_owned(), |(finding, place)| format!("statement {finding}.{place}"))
}
