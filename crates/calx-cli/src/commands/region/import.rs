//! `calx region import`: what objects of other programs mark becomes regions of a case.
//!
//! Not here: reading the objects (`calx-dicom`), making a case of an export of calx (`calx case restore`).
//!
//! Invariants
//! - One step of the case: all that is taken, or nothing; it is undone as one.
//! - A place becomes a region on the image that the object names, and on no other.
//! - Every place that an object marks is a region, was one before, or is counted with the reason why not.
//! - The same place of the same object gives the same id in a case: a second import changes nothing.

use std::collections::BTreeMap;

use calx_dicom::Read;
use calx_dicom::derived::{
    AnnotationKind, Annotations, ForeignRegion, ReadAnnotationError, read_annotations,
};
use calx_dicom::{ReadHeaderError, read_header};
use calx_model::patient_text::escape_terminal;
use calx_model::{Case, CaseImage, Edit, Schema, SopInstanceUid};
use calx_workspace::Workspace;
use clap::Args;
use serde_json::{Value, json};

use super::super::named::{Named, named_files};
use super::plan::{Plan, Planned, Taken};
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::Out;
use crate::session::{self, State, Writing};

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Number or id of the case
    case: String,
    /// Reports (SR), segmentations (SEG) and presentation states (PR): files, folders, or UIDs of the workspace
    #[arg(required = true, value_name = "FILE|FOLDER|UID")]
    what: Vec<String>,
    /// The label of all of them; else the one with the code of the finding, or `other`
    #[arg(long)]
    label: Option<String>,
    /// Take regions out of reports and segmentations that calx wrote, too; `calx case restore` brings the whole case
    #[arg(long)]
    own: bool,
}

/// An object that was read, and what became of what it marks.
#[derive(Debug)]
struct Object {
    name: String,
    kind: AnnotationKind,
    instance: SopInstanceUid,
    /// Places it marks, on whatever image.
    found: usize,
    made: usize,
    here: usize,
    left_out: BTreeMap<String, usize>,
    notices: Vec<String>,
    /// Its regions were not looked at: calx wrote it.
    is_own: bool,
    /// It is the document of a case.
    is_case: bool,
}

pub(super) fn run(args: &ImportArgs, workspace: &Workspace, global: &Global, out: &Out) -> Outcome {
    if out.format() == Format::Csv {
        return Err(Failure::say(Exit::Usage, "this result is no table and has no CSV form")
            .hint("--format json or jsonl"));
    }
    let schema = workspace.schema();
    if let Some(label) = args.label.as_deref().filter(|label| schema.label(label).is_none()) {
        let known: Vec<&str> = schema.labels.iter().map(|label| label.name.as_str()).collect();
        let text = format!("the schema has no label {label:?}, it has {}", known.join(", "));
        return Err(Failure::say(Exit::Usage, text));
    }
    let files = named_files(&args.what, workspace)?;
    let before = session::read(workspace, &args.case)?;
    let mut objects = Vec::new();
    let mut troubles: Vec<Failure> = Vec::new();
    let mut others = 0usize;
    for file in files {
        match read(&file, before.case()) {
            Ok(Some(object)) => objects.push(object),
            Ok(None) => others += 1,
            Err(failure) => troubles.push(failure),
        }
    }
    // One object in two files, or named twice.
    let mut seen = std::collections::BTreeSet::new();
    objects.retain(|(object, _)| seen.insert(object.instance.clone()));
    tell_needed(&mut objects);

    let mut writing = Writing::open(workspace, &args.case, "region import", global, out)?;
    let (objects, taken, edits) = planned(args, schema, writing.case(), objects)?;
    if !taken.is_empty() {
        let named: Vec<&str> = objects.iter().filter(|o| o.made > 0).map(|o| o.instance.as_str()).collect();
        let more = if named.len() > 3 { format!(" and {} more", named.len() - 3) } else { String::new() };
        let record = format!("{}{more}", named.iter().take(3).copied().collect::<Vec<_>>().join(", "));
        writing.commit_recorded(Edit::Batch { edits }, Some(record.as_str()))?;
    }
    troubles.iter().for_each(|failure| out.failure(failure));
    say(&writing, &objects, &taken, global, out)?;
    finish(&objects, troubles, others, out)
}

/// Reads one file; `None` for an object of another kind in a folder, and for what is no DICOM there.
fn read(file: &Named, case: &Case) -> Result<Option<(Object, Vec<ForeignRegion>)>, Failure> {
    let fail = |error: ReadAnnotationError| {
        let context = format!("no region was taken from {}", file.words);
        Failure::new(Exit::NothingUsable, anyhow::Error::new(error).context(context))
    };
    if !file.is_itself {
        match read_header(&file.locator) {
            Ok(header) if AnnotationKind::of(header.value.sop_class.as_str()).is_none() => return Ok(None),
            Err(ReadHeaderError::NotDicom | ReadHeaderError::Empty) => return Ok(None),
            // What is wrong with its header is told as with one that was named.
            Ok(_) | Err(_) => {}
        }
    }
    let Read { value, notices } = read_annotations(&file.locator).map_err(fail)?;
    let Annotations { kind, instance, is_own, case: document, regions, left_out, segmentations } = value;
    let mut object = Object {
        name: file.words.clone(),
        kind,
        instance,
        found: regions.len() + left_out.values().sum::<usize>(),
        made: 0,
        here: 0,
        left_out,
        notices: notices.iter().map(ToString::to_string).collect(),
        is_own,
        is_case: document.is_some(),
    };
    for uid in segmentations {
        object.notices.push(format!("{NEEDS}{uid}"));
    }
    // Those of other images are counted and let go: a folder may hold the masks of a whole archive.
    let (mine, elsewhere): (Vec<_>, Vec<_>) =
        regions.into_iter().partition(|region| case.image_of(&region.source).is_some());
    if !elsewhere.is_empty() {
        object.left_out.insert(ELSEWHERE.to_owned(), elsewhere.len());
    }
    Ok(Some((object, mine)))
}

const ELSEWHERE: &str = "on images that are not in the case";
/// What is said before the UID of a segmentation that a report refers to.
const NEEDS: &str = "it refers to segments of another object, name that too: ";

/// A segmentation that was named as well is not asked for.
fn tell_needed(objects: &mut [(Object, Vec<ForeignRegion>)]) {
    let there: Vec<String> = objects.iter().map(|(object, _)| object.instance.to_string()).collect();
    for (object, _) in objects {
        object.notices.retain(|notice| {
            notice.strip_prefix(NEEDS).is_none_or(|uid| !there.iter().any(|one| one == uid))
        });
    }
}

/// Objects as they are told, regions that are taken, and the edits that take them.
type Taking = (Vec<Object>, Vec<Taken>, Vec<Edit>);

/// What becomes of each place.
fn planned(
    args: &ImportArgs,
    schema: &Schema,
    case: &Case,
    read: Vec<(Object, Vec<ForeignRegion>)>,
) -> Result<Taking, Failure> {
    let mut plan = Plan::new(case, schema, args.label.as_deref())?;
    let mut objects = Vec::new();
    for (mut object, regions) in read {
        let is_drawing = object.kind == AnnotationKind::Presentation;
        if object.is_case || (object.is_own && (!args.own || is_drawing)) {
            objects.push(object);
            continue;
        }
        object.is_own = false;
        let mut farthest = 0.0f64;
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for region in regions {
            let image: Option<&CaseImage> = case.image_of(&region.source);
            let Some(image) = image else { continue };
            let (moved, notices) = (region.moved_px, region.notices.clone());
            match plan.take(image, &object.instance, region) {
                Ok(true) => {
                    object.made += 1;
                    farthest = farthest.max(moved);
                    for notice in notices {
                        *told.entry(notice).or_default() += 1;
                    }
                }
                Ok(false) => object.here += 1,
                Err(why) => *object.left_out.entry(why).or_default() += 1,
            }
        }
        if farthest > 1.0 / 4096.0 {
            object
                .notices
                .push(format!("points were moved by at most {farthest:.4} pixel, onto the 1/256 grid"));
        }
        object.notices.extend(told.into_iter().map(|(notice, count)| match count {
            1 => format!("of a region: {notice}"),
            _ => format!("of {count} regions: {notice}"),
        }));
        objects.push(object);
    }
    let Planned { taken, edits, lost_tracks, wordless } = plan.finish();
    for object in &mut objects {
        if let Some(count) = lost_tracks.get(&object.instance) {
            let text = format!("tracking UIDs that one region alone has were not kept: {count}");
            object.notices.push(text);
        }
        if let Some(count) = wordless.get(&object.instance) {
            object
                .notices
                .push(format!("what {count} of them are called is not among the labels and was not kept"));
        }
    }
    Ok((objects, taken, edits))
}

/// Prints what was made, and of each object what was taken and what not.
fn say(
    writing: &Writing<'_>,
    objects: &[Object],
    taken: &[Taken],
    global: &Global,
    out: &Out,
) -> Result<(), Failure> {
    if out.format() == Format::Table {
        for one in taken {
            let number = writing.case().region_number(one.id).map(|number| number.to_string());
            writing.say("region", number, one.id.0, State::Made)?;
        }
        objects.iter().for_each(|object| tell(object, global, out));
        return Ok(());
    }
    let regions: Vec<Value> = taken
        .iter()
        .map(|one| {
            let number = writing.case().region_number(one.id);
            json!({
                "number": number, "id": one.id, "image": one.source, "frames": one.frames, "shape": one.shape.word(),
                "label": one.label, "object": one.object,
            })
        })
        .collect();
    let list: Vec<Value> = objects
        .iter()
        .map(|object| {
            let left_out: Vec<Value> =
                object.left_out.iter().map(|(why, count)| json!({"why": why, "count": count})).collect();
            json!({
                "name": object.name, "kind": object.kind.modality(), "instance": object.instance,
                "is_own": object.is_own, "found": object.found, "made": object.made, "here": object.here,
                "left_out": left_out, "notices": object.notices,
            })
        })
        .collect();
    out.json(&json!({
        "schema": "calx.region_import/1", "case": writing.case().id, "revision": writing.case().revision,
        "dry_run": global.dry_run, "regions": regions, "objects": list,
    }))
}

fn tell(object: &Object, global: &Global, out: &Out) {
    let Object { name, found, made, here, .. } = object;
    let kind = object.kind.modality();
    if object.is_own {
        out.note(format!("{name}: {kind} that calx wrote, nothing was taken: {}", own_hint(object)));
        return;
    }
    let places = if *found == 1 { "place".to_owned() } else { "places".to_owned() };
    let became = match (global.dry_run, *made) {
        (true, 1) => "1 would become a region".to_owned(),
        (true, made) => format!("{made} would become regions"),
        (false, 1) => "1 became a region".to_owned(),
        (false, made) => format!("{made} became regions"),
    };
    let here = if *here > 0 { format!(", {here} in the case already") } else { String::new() };
    out.note(format!("{name}: {kind} with {found} marked {places}: {became}{here}"));
    for (why, count) in &object.left_out {
        out.note(format!("  {count} not: {}", escape_terminal(why)));
    }
    object.notices.iter().for_each(|notice| out.note(format!("  ! {notice}")));
}

/// What to do with an object of calx.
fn own_hint(object: &Object) -> String {
    let name = &object.name;
    match object.kind {
        _ if object.is_case => format!("calx case restore {name} makes the case of it"),
        AnnotationKind::Report | AnnotationKind::Segmentation => {
            "the case document of its export makes the case again (calx case restore), --own takes the regions"
                .to_owned()
        }
        AnnotationKind::Presentation => "its marks stand in the reports and segmentations too".to_owned(),
        AnnotationKind::KeyObjects => "it names images and marks no place on them".to_owned(),
    }
}

/// The exit code, and words where nothing came of it.
fn finish(objects: &[Object], mut troubles: Vec<Failure>, others: usize, out: &Out) -> Outcome {
    let sum = |of: fn(&Object) -> usize| objects.iter().map(of).sum::<usize>();
    let (made, here) = (sum(|object| object.made), sum(|object| object.here));
    let is_own = objects.iter().any(|object| object.is_own);
    if made == 0 && here == 0 {
        if objects.is_empty() && troubles.len() == 1 {
            // It was told as the failure that it is.
            return Ok(troubles.pop().map_or(Exit::NothingUsable, |failure| failure.exit));
        }
        let text = match (objects.len(), is_own) {
            (0, _) if others > 0 => "no report, segmentation or presentation state is in what was named",
            (0, _) => "none of what was named could be read",
            (_, true) => "nothing was taken: calx wrote what was named",
            _ => "nothing was taken: what was named marks no place on an image of the case",
        };
        let failure = Failure::say(Exit::NothingUsable, text);
        return Err(if is_own {
            failure.hint("calx case restore brings a case back, with all that ties its regions together")
        } else {
            failure
        });
    }
    if made == 0 {
        out.note("all of it is in the case already; nothing was changed");
    }
    let is_refused = |object: &Object| object.left_out.keys().any(|why| why != ELSEWHERE);
    let is_partial = !troubles.is_empty() || objects.iter().any(is_refused);
    Ok(if is_partial { Exit::SomeFailed } else { Exit::Done })
}
