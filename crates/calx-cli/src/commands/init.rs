//! `calx init`.

use std::path::PathBuf;

use calx_workspace::{InitOptions, Workspace};
use clap::Args;
use serde_json::json;

use crate::args::{Format, Global};
use crate::failure::{Exit, Outcome};
use crate::out::{Out, one_line};
use crate::session::workspace_failure;

/// Make a new workspace.
///
/// calx init ws
/// calx init ws --schema labels.json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct InitArgs {
    /// Folder to make; must be new or empty
    dir: PathBuf,
    /// Label schema to use instead of vascular-calcification/1
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
}

pub(crate) fn run(args: &InitArgs, global: &Global, out: &Out) -> Outcome {
    let schema = match &args.schema {
        Some(path) => Some(super::words::read_file(path)?),
        None => None,
    };
    if global.dry_run {
        out.note(format!("dry run: would make a workspace in {}", one_line(&args.dir)));
        return Ok(Exit::Done);
    }
    let options = InitOptions { schema, ..InitOptions::default() };
    let workspace = Workspace::init(&args.dir, options).map_err(workspace_failure)?;
    let schema = workspace.schema();
    if out.format() == Format::Table {
        out.note(format!(
            "made workspace {} with labels {}/{}",
            one_line(&args.dir),
            schema.id,
            schema.version
        ));
        out.note(format!("next: calx import -w '{}' FOLDER", one_line(&args.dir)));
    } else {
        out.json(&json!({
            "schema": "calx.workspace/1", "id": workspace.id(), "path": workspace.root().display().to_string(),
            "labels": schema.reference(),
        }))?;
    }
    Ok(Exit::Done)
}
