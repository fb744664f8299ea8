//! The thread that reads the catalogue for the library.
//!
//! Not here: what is shown (`table`, `preview`), importing (`import`).
//!
//! Invariants
//! - It has a workspace of its own, so that an import or a saver never waits for a list.
//! - A question that was overtaken by a newer one is not answered.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use calx_model::{Case, CaseId, SopInstanceUid, StudyInstanceUid};
use calx_workspace::{
    CaseFacts, CaseFound, InitOptions, PageKey, ReadCounts, SearchQuery, StudyRow, Totals, Workspace,
    WorkspaceError,
};

use super::filters;
use super::question::{Kind, Order, Question, SavedFilter};
use super::restore::{Back, bring_back};
use crate::work::Outbox;
use crate::work::saver::words;

/// Studies of the first page: more than a screen shows.
const PAGE: usize = 100;
/// Studies of a later page.
const MORE: usize = 500;
/// Rows of a list that is read again, or worked through.
const MOST_AT_ONCE: usize = 20_000;
/// Answers that are put into another order than the search's own.
const MOST_SORTED: usize = 2_000;
/// How long cases count as known while words are typed.
const FRESH: Duration = Duration::from_secs(2);
/// Cases that a search finds.
const MOST_CASES: usize = 2_000;
/// Images of a preview.
const PICTURES: usize = 24;

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
        /// So many rows at least: those that were there before the list was read again.
        rows: usize,
        /// What changed meanwhile is to be seen; otherwise cases are as they were a moment ago.
        is_again: bool,
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
    /// What is in it.
    Preview(Key),
    /// All rows, to be worked through.
    Queue {
        /// What the queue is called.
        name: String,
        /// What is looked for.
        question: Question,
    },
    /// Makes a case that came in one of the workspace.
    Restore {
        /// The case.
        found: Box<CaseFound>,
        /// Who asks for it.
        who: String,
    },
    /// Keeps these filters.
    SaveFilters(Vec<SavedFilter>),
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
    Case(Box<CaseFacts>, Vec<(String, String)>),
    /// A study.
    Study(Box<StudyEntry>),
}

/// A study in the list.
#[derive(Debug, Clone)]
pub struct StudyEntry {
    /// As the catalogue has it.
    pub row: StudyRow,
    /// Its first image.
    pub cover: Option<SopInstanceUid>,
    /// The case that shows it, the one edited last.
    pub case: Option<OfCase>,
}

/// What a study's row says of the case that shows it.
#[derive(Debug, Clone)]
pub struct OfCase {
    /// The number people use.
    pub number: Option<u32>,
    /// Title.
    pub title: String,
    /// Studies it shows.
    pub studies: usize,
    /// Regions, of all its studies.
    pub regions: usize,
    /// How far it was read, all its studies.
    pub reads: ReadCounts,
}

impl Entry {
    /// What it is.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Self::Case(facts, _) => Key::Case(facts.row.id),
            Self::Study(study) => Key::Study(study.row.study.clone()),
        }
    }

    /// Its first image.
    #[must_use]
    pub const fn first_image(&self) -> Option<&SopInstanceUid> {
        match self {
            Self::Case(facts, _) => facts.first_image.as_ref(),
            Self::Study(study) => study.cover.as_ref(),
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
    /// What is in it.
    Preview(Key, Box<Contents>),
    /// All rows of a question.
    Queue(String, Vec<Key>),
    /// What became of a case that came in.
    Restored(Box<Result<Back, String>>),
    /// The filters that are kept.
    Filters(Vec<SavedFilter>),
    /// It cannot be read, and why.
    Failed(String),
}

/// The desk's own things.
#[derive(Debug)]
pub struct Librarian {
    workspace: Option<Workspace>,
    /// The newest question that was asked.
    newest: Arc<AtomicU64>,
    /// All cases, as of the last first page.
    cases: Vec<CaseFacts>,
    /// Which of them shows a study: the one edited last.
    by_study: BTreeMap<StudyInstanceUid, usize>,
    /// When that was.
    taken: Option<Instant>,
    /// First images of studies, for as long as they have so many instances.
    covers: RefCell<BTreeMap<StudyInstanceUid, (u32, Option<SopInstanceUid>)>>,
}

impl Librarian {
    /// One that answers no question older than `newest`.
    #[must_use]
    pub const fn new(newest: Arc<AtomicU64>) -> Self {
        Self {
            workspace: None,
            newest,
            cases: Vec::new(),
            by_study: BTreeMap::new(),
            taken: None,
            covers: RefCell::new(BTreeMap::new()),
        }
    }

    /// Does what is asked.
    pub fn work(&mut self, ask: Ask, out: &Outbox<Tell>) {
        let told = match ask {
            // Its list is asked for next, and opens it.
            Ask::Workspace(folder) => {
                open_or_make(&folder).map(|found| Some(Tell::Workspace(found.root().to_path_buf())))
            }
            Ask::First { root, number, question, rows, is_again } => {
                self.first(&root, number, &question, (rows, is_again), out)
            }
            Ask::More { number, question, after } => self.more(number, &question, &after),
            Ask::Preview(key) => self.with(|workspace| {
                let contents = match &key {
                    Key::Study(study) => of_study(workspace, study)?,
                    Key::Case(case) => of_case(workspace.read_case(*case)?.case()),
                };
                Ok(Tell::Preview(key, Box::new(contents)))
            }),
            Ask::Queue { name, question } => self.with(|workspace| {
                let keys = self.keys(workspace, &question)?;
                Ok(Tell::Queue(name, keys))
            }),
            Ask::Restore { found, who } => {
                self.with(|workspace| Ok(Tell::Restored(Box::new(bring_back(workspace, &found, &who)))))
            }
            Ask::SaveFilters(filters) => self.with(|workspace| {
                filters::save(workspace.root(), &filters)?;
                Ok(Tell::Filters(filters))
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
        (rows, is_again): (usize, bool),
        out: &Outbox<Tell>,
    ) -> Result<Option<Tell>, WorkspaceError> {
        if self.is_overtaken(number) {
            return Ok(None);
        }
        if self.workspace.as_ref().is_none_or(|open| open.root() != root) {
            let workspace = Workspace::open(root)?;
            out.tell(Tell::Filters(filters::load(workspace.root())?));
            self.workspace = Some(workspace);
            self.covers.borrow_mut().clear();
            self.taken = None;
        }
        let Some(workspace) = &self.workspace else { return Ok(None) };
        let is_old = self.taken.is_none_or(|taken| taken.elapsed() > FRESH);
        if is_again || is_old {
            self.cases = workspace.case_facts()?;
            self.taken = Some(Instant::now());
            self.by_study = by_study(&self.cases);
        }
        let mut entries = self.case_entries(workspace, question)?;
        let is_overtaken = || self.is_overtaken(number);
        let wanted = rows.saturating_sub(entries.len()).clamp(PAGE, MOST_AT_ONCE);
        let (studies, next) = self.studies(workspace, question, None, wanted, &is_overtaken)?;
        entries.extend(studies);
        let totals = Some(workspace.totals()?);
        out.tell(Tell::Rows { number, is_first: true, entries, next, totals });
        // Behind the answer: the next start finds these cases known. What cannot be written is read again.
        if (is_again || is_old)
            && let Err(error) = workspace.keep_up()
        {
            tracing::debug!(%error, "the catalogue did not take the cases up");
        }
        Ok(None)
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
            let is_overtaken = || self.is_overtaken(number);
            let (entries, next) = self.studies(workspace, question, Some(after), MORE, &is_overtaken)?;
            Ok(Tell::Rows { number, is_first: false, entries, next, totals: None })
        })
    }

    /// Cases in the order that is asked for; with words, those that hold them.
    fn case_entries(&self, workspace: &Workspace, question: &Question) -> Result<Vec<Entry>, WorkspaceError> {
        if question.kind == Kind::Studies {
            return Ok(Vec::new());
        }
        let today = today();
        let mut fitting: Vec<&CaseFacts> =
            self.cases.iter().filter(|facts| question.fits_case(facts, today)).collect();
        match question.order {
            Order::Date => fitting.sort_by_key(|facts| (facts.row.edited, facts.row.id)),
            Order::Title => {
                fitting.sort_by_cached_key(|facts| (facts.row.title.to_lowercase(), facts.row.id));
            }
        }
        if !question.is_up {
            fitting.reverse();
        }
        let entry = |facts: &CaseFacts, texts| Entry::Case(Box::new(facts.clone()), texts);
        if question.words.trim().is_empty() {
            return Ok(fitting.into_iter().map(|facts| entry(facts, Vec::new())).collect());
        }
        let hits = workspace.search_cases(&SearchQuery::words(&question.words), None, MOST_CASES)?.rows;
        let mut texts: BTreeMap<CaseId, Vec<(String, String)>> =
            hits.into_iter().map(|hit| (hit.id, hit.texts)).collect();
        let found = |facts: &CaseFacts| texts.remove(&facts.row.id).map(|texts| entry(facts, texts));
        Ok(fitting.into_iter().filter_map(found).collect())
    }

    /// Studies that fit, at least `wanted` of them unless there are no more, and where the next begin.
    fn studies(
        &self,
        workspace: &Workspace,
        question: &Question,
        after: Option<&PageKey>,
        wanted: usize,
        is_overtaken: &dyn Fn() -> bool,
    ) -> Result<(Vec<Entry>, Option<PageKey>), WorkspaceError> {
        let mut entries = Vec::new();
        let (rows, next) = self.study_rows(workspace, question, after, wanted, is_overtaken)?;
        for row in rows {
            let cover = self.cover(workspace, &row)?;
            let case = self.facts_of(&row.study).map(|facts| OfCase {
                number: facts.row.number,
                title: facts.row.title.clone(),
                studies: facts.row.studies,
                regions: facts.row.regions,
                reads: facts.reads,
            });
            entries.push(Entry::Study(Box::new(StudyEntry { row, cover, case })));
        }
        Ok((entries, next))
    }

    fn cover(&self, workspace: &Workspace, row: &StudyRow) -> Result<Option<SopInstanceUid>, WorkspaceError> {
        if let Some((instances, cover)) = self.covers.borrow().get(&row.study)
            && *instances == row.instances
        {
            return Ok(cover.clone());
        }
        let found = workspace.instance_page(Some(&row.study), None, 4)?.rows;
        let cover = found.into_iter().find(|instance| instance.is_image).map(|found| found.instance);
        self.covers.borrow_mut().insert(row.study.clone(), (row.instances, cover.clone()));
        Ok(cover)
    }

    fn facts_of(&self, study: &StudyInstanceUid) -> Option<&CaseFacts> {
        self.by_study.get(study).and_then(|index| self.cases.get(*index))
    }

    fn study_rows(
        &self,
        workspace: &Workspace,
        question: &Question,
        after: Option<&PageKey>,
        wanted: usize,
        is_overtaken: &dyn Fn() -> bool,
    ) -> Result<(Vec<StudyRow>, Option<PageKey>), WorkspaceError> {
        let mut rows: Vec<StudyRow> = Vec::new();
        if question.kind == Kind::Cases || question.status.is_some() {
            return Ok((rows, None));
        }
        let today = today();
        let has_words = !question.words.trim().is_empty();
        // The search finds newest first: another order of answers is made here, of so many.
        let is_sorted_here = has_words && !question.is_newest_first();
        let wanted = if is_sorted_here { MOST_SORTED } else { wanted };
        let is_narrow = question.modality.is_some() || question.since.is_some();
        let query = SearchQuery {
            text: question.words.clone(),
            modality: question.modality.clone(),
            from: question.since.map(|since| since.first_day(today)),
            to: None,
        };
        let mut after = after.cloned();
        loop {
            let page = if has_words || (is_narrow && question.is_newest_first()) {
                workspace.search_studies(&query, after.as_ref(), wanted.min(MORE))?
            } else {
                let order = question.order.of_studies();
                workspace.study_page(order, question.direction(), after.as_ref(), wanted.min(MORE))?
            };
            let fits = |row: &StudyRow| {
                question.fits_study(row, self.facts_of(&row.study).map(|facts| &facts.reads), today)
            };
            rows.extend(page.rows.into_iter().filter(fits));
            after = page.next;
            if rows.len() >= wanted || after.is_none() || is_overtaken() {
                break;
            }
        }
        if is_sorted_here {
            match question.order {
                Order::Date => rows.sort_by_key(|row| (row.date, row.time, row.study.clone())),
                Order::Title => rows.sort_by_cached_key(|row| row.description.for_terminal().to_lowercase()),
            }
            if !question.is_up {
                rows.reverse();
            }
            after = None;
        }
        Ok((rows, after))
    }

    /// All rows of a question, each study once: as its case where that is listed too.
    fn keys(&self, workspace: &Workspace, question: &Question) -> Result<Vec<Key>, WorkspaceError> {
        let cases = self.case_entries(workspace, question)?;
        let shown: BTreeSet<&StudyInstanceUid> = cases
            .iter()
            .filter_map(|entry| match entry {
                Entry::Case(facts, _) => Some(facts.sources.iter()),
                Entry::Study(_) => None,
            })
            .flatten()
            .collect();
        let (rows, _) = self.study_rows(workspace, question, None, MOST_AT_ONCE, &|| false)?;
        let studies = rows.iter().map(|row| &row.study).filter(|study| !shown.contains(study));
        Ok(cases.iter().map(Entry::key).chain(studies.cloned().map(Key::Study)).collect())
    }
}

/// Which case shows a study: of several the one edited last.
fn by_study(cases: &[CaseFacts]) -> BTreeMap<StudyInstanceUid, usize> {
    let mut by_study: BTreeMap<StudyInstanceUid, usize> = BTreeMap::new();
    for (index, facts) in cases.iter().enumerate() {
        for study in &facts.sources {
            let edited = |at: &usize| cases.get(*at).map(|facts| facts.row.edited);
            if by_study.get(study).is_none_or(|at| edited(at) < Some(facts.row.edited)) {
                by_study.insert(study.clone(), index);
            }
        }
    }
    by_study
}

fn today() -> jiff::civil::Date {
    jiff::Zoned::now().date()
}

fn open_or_make(folder: &Path) -> Result<Workspace, WorkspaceError> {
    match Workspace::open(folder) {
        Err(WorkspaceError::NotAWorkspace(_)) => Workspace::init(folder, InitOptions::default()),
        other => other,
    }
}

fn of_study(workspace: &Workspace, study: &StudyInstanceUid) -> Result<Contents, WorkspaceError> {
    let page = workspace.instance_page(Some(study), None, PAGE)?;
    let mut images = Vec::new();
    for instance in page.rows.iter().filter(|instance| instance.is_image) {
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
        lines.push(crate::case::as_read(&case.presentation, case));
    }
    for (_, statement) in case.statements() {
        let number = case.statement_number(statement.id).map(|(f, s)| format!("{f}.{s}  "));
        lines.push(format!("{}{}", number.unwrap_or_default(), crate::case::as_read(&statement.text, case)));
    }
    Contents { images, has_more, lines }
}
