//! The thread that reads the catalogue for the library.
//!
//! Not here: what is shown (`table`, `preview`), importing (`import`).
//!
//! Invariants
//! - It has a workspace of its own, so that an import or a saver never waits for a list.
//! - A question that was overtaken by a newer one is not answered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use calx_model::{Case, CaseId, SopInstanceUid, StudyInstanceUid};
use calx_workspace::{
    CaseRow, Direction, InitOptions, Page, PageKey, SearchQuery, StudyOrder, StudyRow, Totals, Workspace,
    WorkspaceError,
};

use crate::work::Outbox;
use crate::work::saver::words;

/// Studies of a page.
const PAGE: usize = 100;
/// Images of a preview.
const PICTURES: usize = 24;

/// What is looked for, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// Words as typed.
    pub words: String,
    /// Order of studies; words give newest first.
    pub order: StudyOrder,
    /// Which end comes first.
    pub direction: Direction,
}

/// What the desk is asked.
#[derive(Debug)]
pub enum Ask {
    /// Open this folder, or make a workspace in it when it is empty or absent.
    Workspace(PathBuf),
    /// The cases and the first page of studies.
    First {
        /// The folder.
        root: PathBuf,
        /// Counts questions.
        number: u64,
        /// What is looked for.
        question: Question,
    },
    /// The next page of studies.
    More {
        /// The question it goes on with.
        number: u64,
        /// What is looked for.
        question: Question,
        /// Where the last page ended.
        after: PageKey,
    },
    /// The first image of a case.
    Cover(CaseId),
    /// What is in it.
    Preview(Key),
}

/// A row, by what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A case.
    Case(CaseId),
    /// A study.
    Study(StudyInstanceUid),
}

/// One row of the list.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A case, and the texts in it that hold words looked for.
    Case(Box<CaseRow>, Vec<(String, String)>),
    /// A study, and its first image.
    Study(Box<StudyRow>, Option<SopInstanceUid>),
}

impl Entry {
    /// What it is.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Self::Case(row, _) => Key::Case(row.id),
            Self::Study(row, _) => Key::Study(row.study.clone()),
        }
    }
}

/// What is in a study or case.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Images, with words under each.
    pub images: Vec<(SopInstanceUid, String)>,
    /// Whether there are more.
    pub has_more: bool,
    /// Lines of text.
    pub lines: Vec<String>,
}

/// What the desk tells.
#[derive(Debug)]
pub enum Tell {
    /// The workspace is open.
    Workspace(PathBuf),
    /// Rows; those of a first page take the place of all before.
    Rows {
        /// The question they answer.
        number: u64,
        /// Whether they are the first.
        is_first: bool,
        /// The rows.
        entries: Vec<Entry>,
        /// Where the next page begins.
        next: Option<PageKey>,
        /// How much there is in all.
        totals: Option<Totals>,
    },
    /// The first image of a case.
    Cover(CaseId, Option<SopInstanceUid>),
    /// What is in it.
    Preview(Key, Box<Contents>),
    /// It cannot be read, and why.
    Failed(String),
}

/// The desk's own things.
#[derive(Debug)]
pub struct Librarian {
    workspace: Option<Workspace>,
    /// The newest question that was asked.
    newest: Arc<AtomicU64>,
}

impl Librarian {
    /// One that answers no question older than `newest`.
    #[must_use]
    pub const fn new(newest: Arc<AtomicU64>) -> Self {
        Self { workspace: None, newest }
    }

    /// Does what is asked.
    pub fn work(&mut self, ask: Ask, out: &Outbox<Tell>) {
        let told = match ask {
            Ask::Workspace(folder) => open_or_make(&folder).map(|found| {
                let root = found.root().to_path_buf();
                self.workspace = Some(found);
                Some(Tell::Workspace(root))
            }),
            Ask::First { root, number, question } => self.first(&root, number, &question),
            Ask::More { number, question, after } => self.more(number, &question, &after),
            Ask::Cover(case) => self.with(|workspace| {
                let document = workspace.read_case(case)?;
                let first = document.case().images().next().map(|(_, image)| image.source.clone());
                Ok(Tell::Cover(case, first))
            }),
            Ask::Preview(key) => self.with(|workspace| {
                let contents = match &key {
                    Key::Study(study) => of_study(workspace, study)?,
                    Key::Case(case) => of_case(workspace.read_case(*case)?.case()),
                };
                Ok(Tell::Preview(key, Box::new(contents)))
            }),
        };
        match told {
            Ok(Some(told)) => out.tell(told),
            Ok(None) => {}
            Err(error) => out.tell(Tell::Failed(words(&error))),
        }
    }

    fn with(
        &self,
        work: impl FnOnce(&Workspace) -> Result<Tell, WorkspaceError>,
    ) -> Result<Option<Tell>, WorkspaceError> {
        self.workspace.as_ref().map(work).transpose()
    }

    fn is_overtaken(&self, number: u64) -> bool {
        self.newest.load(Ordering::Acquire) > number
    }

    fn first(
        &mut self,
        root: &Path,
        number: u64,
        question: &Question,
    ) -> Result<Option<Tell>, WorkspaceError> {
        if self.is_overtaken(number) {
            return Ok(None);
        }
        if self.workspace.as_ref().is_none_or(|open| open.root() != root) {
            self.workspace = Some(Workspace::open(root)?);
        }
        self.with(|workspace| {
            let mut entries = cases(workspace, question)?;
            let (studies, next) = studies(workspace, question, None)?;
            entries.extend(studies);
            let totals = Some(workspace.totals()?);
            Ok(Tell::Rows { number, is_first: true, entries, next, totals })
        })
    }

    fn more(
        &self,
        number: u64,
        question: &Question,
        after: &PageKey,
    ) -> Result<Option<Tell>, WorkspaceError> {
        if self.is_overtaken(number) {
            return Ok(None);
        }
        self.with(|workspace| {
            let (entries, next) = studies(workspace, question, Some(after))?;
            Ok(Tell::Rows { number, is_first: false, entries, next, totals: None })
        })
    }
}

fn open_or_make(folder: &Path) -> Result<Workspace, WorkspaceError> {
    match Workspace::open(folder) {
        Err(WorkspaceError::NotAWorkspace(_)) => Workspace::init(folder, InitOptions::default()),
        other => other,
    }
}

/// Cases, edited last first; with words, those that hold them.
fn cases(workspace: &Workspace, question: &Question) -> Result<Vec<Entry>, WorkspaceError> {
    let mut rows = workspace.case_list()?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.edited));
    if question.words.trim().is_empty() {
        return Ok(rows.into_iter().map(|row| Entry::Case(Box::new(row), Vec::new())).collect());
    }
    let mut by_id: BTreeMap<CaseId, CaseRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let hits = workspace.search_cases(&SearchQuery::words(&question.words), None, PAGE)?;
    let entry =
        |hit: calx_workspace::CaseHit| by_id.remove(&hit.id).map(|row| Entry::Case(Box::new(row), hit.texts));
    Ok(hits.rows.into_iter().filter_map(entry).collect())
}

fn studies(
    workspace: &Workspace,
    question: &Question,
    after: Option<&PageKey>,
) -> Result<(Vec<Entry>, Option<PageKey>), WorkspaceError> {
    let Page { rows, next } = if question.words.trim().is_empty() {
        workspace.study_page(question.order, question.direction, after, PAGE)?
    } else {
        workspace.search_studies(&SearchQuery::words(&question.words), after, PAGE)?
    };
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let instances = workspace.instance_page(Some(&row.study), None, 4)?.rows;
        let cover = instances.into_iter().find(|instance| instance.has_pixels).map(|found| found.instance);
        entries.push(Entry::Study(Box::new(row), cover));
    }
    Ok((entries, next))
}

fn of_study(workspace: &Workspace, study: &StudyInstanceUid) -> Result<Contents, WorkspaceError> {
    let page = workspace.instance_page(Some(study), None, PAGE)?;
    let mut images = Vec::new();
    for instance in page.rows.iter().filter(|instance| instance.has_pixels) {
        let side = instance.side.map(|side| format!("{} ", side.laterality())).unwrap_or_default();
        let view = instance.view_position.for_terminal();
        let several = instance.frames > 1;
        let frames = if several { format!(" · {} frames", instance.frames) } else { String::new() };
        let words = format!("{side}{view} {}{frames}", instance.modality.for_terminal());
        images.push((instance.instance.clone(), words.trim().to_owned()));
    }
    let has_more = images.len() > PICTURES || page.next.is_some();
    images.truncate(PICTURES);
    Ok(Contents { images, has_more, lines: Vec::new() })
}

fn of_case(case: &Case) -> Contents {
    let caption = |study: &calx_model::CaseStudy, image: &calx_model::CaseImage| {
        let side = image.side().map(|side| format!("{} ", side.laterality())).unwrap_or_default();
        let view = image.view_position.clone().unwrap_or_default();
        format!("{side}{view} {}", study.modality).trim().to_owned()
    };
    let mut images: Vec<_> = case.images().map(|(s, i)| (i.source.clone(), caption(s, i))).collect();
    let has_more = images.len() > PICTURES;
    images.truncate(PICTURES);
    let mut lines = Vec::new();
    if !case.presentation.is_empty() {
        lines.push(case.presentation.words());
    }
    for (_, statement) in case.statements() {
        let number = case.statement_number(statement.id).map(|(f, s)| format!("{f}.{s}  "));
        lines.push(format!("{}{}", number.unwrap_or_default(), statement.text.words()));
    }
    Contents { images, has_more, lines }
}
