//! From one instance to its rows in the catalogue. Import and rebuild both file through here.
//!
//! Invariants
//! - An instance has one file that counts; other files with its UID are conflicts and stay.
//! - The order in which instances of a study are filed does not show in its row.
//! - Same bytes or other bytes is said of full digests; where the bytes of before are gone, of size and
//!   header, and then it is told.

use std::collections::BTreeMap;

use calx_dicom::InstanceHeader;
use calx_model::SopInstanceUid;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::error::WorkspaceError;
use crate::import::{Facts, Mark};

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) managed: bool,
    /// Managed: relative to the workspace; referenced: absolute.
    pub(crate) path: Vec<u8>,
}

/// The file that counts for an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) file: i64,
    pub(crate) place: Place,
    pub(crate) size: u64,
    /// Of a referenced file.
    pub(crate) modified: Option<i64>,
    /// Of a referenced file, unless it was filed by an older version.
    pub(crate) mark: Option<Mark>,
    /// A referenced file has none until it was needed.
    pub(crate) sha256: Option<String>,
}

/// A file to be filed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) header: &'a InstanceHeader,
    pub(crate) damaged: Option<&'a str>,
    pub(crate) facts: &'a Facts,
    pub(crate) place: &'a Place,
    /// Where the bytes came from, absolute.
    pub(crate) source: &'a [u8],
}

impl Known {
    /// Whether both are the same row about the same content. Numbers of rows are given out again.
    fn is(&self, other: &Self) -> bool {
        self.file == other.file
            && self.place == other.place
            && (self.size, self.modified, &self.mark) == (other.size, other.modified, &other.mark)
    }
}

/// What was learned of known files while the catalogue was not locked.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    digests: BTreeMap<i64, (Known, Option<String>)>,
    there: BTreeMap<i64, (Known, bool)>,
}

impl Learned {
    /// The digest of a file of which the catalogue has none; inside, `None`: it cannot be read any more, or is
    /// another by now.
    pub(crate) fn digest(&self, known: &Known) -> Option<&Option<String>> {
        self.digests.get(&known.file).filter(|(was, _)| was.is(known)).map(|(_, digest)| digest)
    }

    /// Whether there is a file in its place.
    pub(crate) fn is_there(&self, known: &Known) -> Option<bool> {
        self.there.get(&known.file).filter(|(was, _)| was.is(known)).map(|(_, is_there)| *is_there)
    }

    pub(crate) fn add_digest(&mut self, known: Known, digest: Option<String>) {
        self.digests.insert(known.file, (known, digest));
    }

    pub(crate) fn add_there(&mut self, known: Known, is_there: bool) {
        self.there.insert(known.file, (known, is_there));
    }
}

/// Whether two files hold the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Same {
        /// By all bytes; otherwise by size and header, because the bytes of before are gone.
        in_full: bool,
    },
    Other,
    /// A digest is missing that can be had.
    Undecided,
}

/// Compares what is known with what was found.
pub(crate) fn compare(known: &Known, facts: &Facts, source: &[u8], learned: &Learned) -> Compared {
    let learned = learned.digest(known);
    let known_sha256 = known.sha256.as_ref().or_else(|| learned.and_then(Option::as_ref));
    if let (Some(known), Some(found)) = (known_sha256, &facts.sha256) {
        return if known == found { Compared::Same { in_full: true } } else { Compared::Other };
    }
    let same_header = known.size == facts.size && known.mark.as_ref() == Some(&facts.mark);
    let same_file = !known.place.managed && known.place.path == source;
    if same_file && same_header && known.modified == facts.modified {
        return Compared::Same { in_full: true };
    }
    match (&facts.sha256, learned) {
        (Some(_), Some(None)) if same_header => Compared::Same { in_full: false },
        (Some(_), Some(None)) => Compared::Other,
        _ => Compared::Undecided,
    }
}

/// What filing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filed {
    /// It is new.
    New { study: bool, series: bool },
    /// UID and bytes were known.
    Same {
        /// See [`Compared::Same`].
        in_full: bool,
    },
    /// Digests are needed that only reading the files gives; nothing was filed.
    Undecided,
    /// The UID was known with other bytes.
    Conflict {
        /// These bytes too.
        kept_before: bool,
    },
    /// What was known of the UID was a damaged copy of this; these whole bytes count now, both are kept.
    Mended,
}

/// The file that counts for a UID.
pub(crate) fn known(tx: &Transaction<'_>, uid: &SopInstanceUid) -> Result<Option<Known>, WorkspaceError> {
    let sql = format!("SELECT {KNOWN} FROM instances i JOIN files f ON f.id = i.file WHERE i.uid = ?1");
    let mut statement = tx.prepare_cached(&sql)?;
    Ok(statement.query_row([uid.as_str()], |row| known_of(row, 0)).optional()?)
}

/// Columns of `files f` that make a [`Known`].
pub(crate) const KNOWN: &str =
    "f.id, f.managed, f.path, f.size, f.modified, f.header_bytes, f.header_digest, f.sha256";

/// The columns [`KNOWN`] from `first` on.
pub(crate) fn known_of(row: &Row<'_>, first: usize) -> rusqlite::Result<Known> {
    Ok(Known {
        file: row.get(first)?,
        place: Place { managed: row.get(first + 1)?, path: row.get(first + 2)? },
        size: u64::try_from(row.get::<_, i64>(first + 3)?).unwrap_or(0),
        modified: row.get(first + 4)?,
        mark: mark_of(row.get(first + 5)?, row.get(first + 6)?),
        sha256: row.get(first + 7)?,
    })
}

/// The mark out of its two columns.
fn mark_of(bytes: Option<i64>, digest: Option<String>) -> Option<Mark> {
    let bytes = u64::try_from(bytes?).ok()?;
    Some(Mark { bytes, digest: digest? })
}

/// What was filed last in a transaction: most files follow one of their own series, and then nothing about patient,
/// study and series need be asked. No other writer is let in while it holds.
#[derive(Debug, Default)]
pub(crate) struct Lately(Option<(InstanceHeader, i64)>);

impl Lately {
    /// The patient, when this header can change nothing about patient, study and series.
    ///
    /// Study and series are described by their instance with the smallest UID, which is the one remembered or a
    /// smaller one.
    fn patient(&self, header: &InstanceHeader) -> Option<i64> {
        let (last, patient) = self.0.as_ref()?;
        let is_alike = header.series == last.series
            && header.study == last.study
            && header.patient_id == last.patient_id
            && header.patient_name == last.patient_name
            && header.patient_birth_date == last.patient_birth_date
            && header.patient_sex == last.patient_sex;
        (is_alike && header.instance.as_str() > last.instance.as_str()).then_some(*patient)
    }
}

/// Files one instance.
pub(crate) fn file_instance(
    tx: &Transaction<'_>,
    found: Found<'_>,
    learned: &Learned,
    lately: &mut Lately,
) -> Result<Filed, WorkspaceError> {
    let Found { header, damaged, facts, place, source } = found;
    if let Some(known) = known(tx, &header.instance)? {
        let compared = compare(&known, facts, source, learned);
        if compared == Compared::Undecided {
            return Ok(Filed::Undecided);
        }
        if let (None, Some(Some(sha256))) = (&known.sha256, learned.digest(&known)) {
            keep_digest(tx, header.instance.as_str(), &known, sha256)?;
        }
        if let Compared::Same { in_full } = compared {
            return Ok(Filed::Same { in_full });
        }
        let sql =
            "SELECT id, managed FROM files WHERE instance = ?1 AND sha256 = ?2 ORDER BY managed DESC LIMIT 1";
        let kept: Option<(i64, bool)> = tx
            .prepare_cached(sql)?
            .query_row(params![header.instance.as_str(), facts.sha256], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let file = match kept {
            Some((file, is_managed)) => {
                // They were only referenced: from now on they are kept, whatever becomes of that place.
                if place.managed && !is_managed {
                    let sql = "UPDATE files SET managed = 1, path = ?2, size = ?3, modified = NULL,
                               header_bytes = NULL, header_digest = NULL WHERE id = ?1";
                    let size = i64::try_from(facts.size).unwrap_or(i64::MAX);
                    tx.prepare_cached(sql)?.execute(params![file, place.path, size])?;
                }
                file
            }
            None => add_file(tx, &header.instance, facts, place)?,
        };
        // A copy cut short on its way must not stand in front of the whole one that comes later. Where that is of
        // another patient, study or picture, it is no copy of it, and a person decides.
        let sql = "UPDATE instances SET file = ?2, damaged = NULL, transfer_syntax = ?3, has_pixels = ?4
                   WHERE uid = ?1 AND damaged IS NOT NULL AND series = ?5
                   AND (SELECT study FROM series WHERE uid = ?5) = ?6 AND rows IS ?7 AND columns IS ?8 AND frames = ?9
                   AND patient = (SELECT id FROM patients
                       WHERE patient_id = ?10 AND name = ?11 AND birth_date = ?12 AND sex = ?13)";
        let values = params![
            header.instance.as_str(),
            file,
            header.transfer_syntax.as_str(),
            header.has_pixels,
            header.series.as_str(),
            header.study.as_str(),
            header.rows,
            header.columns,
            header.number_of_frames,
            header.patient_id.raw(),
            header.patient_name.raw(),
            header.patient_birth_date.raw(),
            header.patient_sex.raw(),
        ];
        // Bytes that were kept before do not count because somebody decided so.
        if damaged.is_none() && kept.is_none() && tx.prepare_cached(sql)?.execute(values)? > 0 {
            return Ok(Filed::Mended);
        }
        return Ok(Filed::Conflict { kept_before: kept.is_some() });
    }
    let (patient, study, series) = match lately.patient(header) {
        Some(patient) => (patient, false, false),
        None => {
            let patient = patient(tx, header)?;
            let (study, series) = (add_study(tx, header, patient)?, add_series(tx, header)?);
            lately.0 = Some((header.clone(), patient));
            (patient, study, series)
        }
    };
    let file = add_file(tx, &header.instance, facts, place)?;
    put_instance(tx, header, patient, file, damaged)?;
    Ok(Filed::New { study, series })
}

/// Writes the row of an instance, a new one or in place of what stands.
pub(crate) fn put_instance(
    tx: &Transaction<'_>,
    header: &InstanceHeader,
    patient: i64,
    file: i64,
    damaged: Option<&str>,
) -> Result<(), WorkspaceError> {
    let sql = "INSERT INTO instances (uid, series, patient, file, sop_class, transfer_syntax, number, rows,
        columns, frames, has_pixels, side, view_position, burned_in, synthetic, quality_control,
        image_comments, damaged)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
        ON CONFLICT (uid) DO UPDATE SET series = excluded.series, patient = excluded.patient,
            file = excluded.file, sop_class = excluded.sop_class, transfer_syntax = excluded.transfer_syntax,
            number = excluded.number, rows = excluded.rows, columns = excluded.columns,
            frames = excluded.frames, has_pixels = excluded.has_pixels, side = excluded.side,
            view_position = excluded.view_position, burned_in = excluded.burned_in,
            synthetic = excluded.synthetic, quality_control = excluded.quality_control,
            image_comments = excluded.image_comments, damaged = excluded.damaged";
    tx.prepare_cached(sql)?.execute(params![
        header.instance.as_str(),
        header.series.as_str(),
        patient,
        file,
        header.sop_class.as_str(),
        header.transfer_syntax.as_str(),
        header.instance_number,
        header.rows,
        header.columns,
        header.number_of_frames,
        header.has_pixels,
        header.side.map(calx_model::Side::laterality),
        header.view_position.raw(),
        header.burned_in_annotation,
        header.synthetic_data,
        header.quality_control,
        header.image_comments.raw(),
        damaged,
    ])?;
    Ok(())
}

/// Removes patients that nothing names.
pub(crate) const NOBODY: &str = "DELETE FROM patients WHERE id NOT IN (SELECT patient FROM instances)
    AND id NOT IN (SELECT patient FROM studies)";

/// Makes sure of the series and the study of an instance, which it describes if its UID is their smallest.
pub(crate) fn describe(tx: &Transaction<'_>, header: &InstanceHeader) -> Result<(), WorkspaceError> {
    let patient = patient(tx, header)?;
    add_study(tx, header, patient)?;
    add_series(tx, header)?;
    Ok(())
}

/// Lets another place of the same bytes count for an instance; the old row goes.
pub(crate) fn move_file(
    tx: &Transaction<'_>,
    uid: &SopInstanceUid,
    old: &Known,
    facts: &Facts,
    place: &Place,
) -> Result<(), WorkspaceError> {
    let file = add_file(tx, uid, facts, place)?;
    tx.execute("UPDATE instances SET file = ?1 WHERE uid = ?2", params![file, uid.as_str()])?;
    tx.execute("DELETE FROM files WHERE id = ?1", [old.file])?;
    Ok(())
}

/// Takes over what a referenced file is now: it was found to be the same.
pub(crate) fn refresh_file(tx: &Transaction<'_>, file: i64, facts: &Facts) -> Result<(), WorkspaceError> {
    let sql = "UPDATE files SET size = ?2, modified = ?3, header_bytes = ?4, header_digest = ?5,
               sha256 = coalesce(?6, sha256) WHERE id = ?1";
    let bytes = i64::try_from(facts.mark.bytes).unwrap_or(i64::MAX);
    let size = i64::try_from(facts.size).unwrap_or(i64::MAX);
    let values = params![file, size, facts.modified, bytes, facts.mark.digest, facts.sha256];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Keeps the digest of a file that had none, unless its row is of another file or content by now.
pub(crate) fn keep_digest(
    tx: &Transaction<'_>,
    instance: &str,
    known: &Known,
    sha256: &str,
) -> Result<(), WorkspaceError> {
    let sql = "UPDATE OR IGNORE files SET sha256 = ?2 WHERE id = ?1 AND sha256 IS NULL
               AND instance = ?3 AND path = ?4 AND size = ?5 AND modified IS ?6";
    let size = i64::try_from(known.size).unwrap_or(i64::MAX);
    let values = params![known.file, sha256, instance, known.place.path, size, known.modified];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Whether a row names these bytes at this place already.
pub(crate) fn is_there(
    tx: &Transaction<'_>,
    uid: &SopInstanceUid,
    facts: &Facts,
    place: &Place,
) -> Result<bool, WorkspaceError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM files WHERE instance = ?1 AND path = ?2 AND sha256 IS ?3)";
    Ok(tx
        .prepare_cached(sql)?
        .query_row(params![uid.as_str(), place.path, facts.sha256], |row| row.get(0))?)
}

pub(crate) fn add_file(
    tx: &Transaction<'_>,
    uid: &SopInstanceUid,
    facts: &Facts,
    place: &Place,
) -> Result<i64, WorkspaceError> {
    let sql =
        "INSERT INTO files (instance, managed, path, size, modified, header_bytes, header_digest, sha256)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    // The time of a managed copy means nothing and would differ after a rebuild; its name is its digest.
    let referenced = (!place.managed).then_some(facts);
    let modified = referenced.and_then(|facts| facts.modified);
    let bytes = referenced.map(|facts| i64::try_from(facts.mark.bytes).unwrap_or(i64::MAX));
    let digest = referenced.map(|facts| facts.mark.digest.as_str());
    let size = i64::try_from(facts.size).unwrap_or(i64::MAX);
    let values =
        params![uid.as_str(), place.managed, place.path, size, modified, bytes, digest, facts.sha256];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(tx.last_insert_rowid())
}

pub(crate) fn patient(tx: &Transaction<'_>, header: &InstanceHeader) -> Result<i64, WorkspaceError> {
    let values = params![
        header.patient_id.raw(),
        header.patient_name.raw(),
        header.patient_birth_date.raw(),
        header.patient_sex.raw()
    ];
    let sql = "INSERT OR IGNORE INTO patients (patient_id, name, birth_date, sex) VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute(values)?;
    let sql = "SELECT id FROM patients WHERE patient_id = ?1 AND name = ?2 AND birth_date = ?3 AND sex = ?4";
    Ok(tx.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

fn add_study(tx: &Transaction<'_>, header: &InstanceHeader, patient: i64) -> Result<bool, WorkspaceError> {
    let uid = header.study.as_str();
    let sql = "SELECT patient, taken_from FROM studies WHERE uid = ?1";
    let there: Option<(i64, String)> =
        tx.prepare_cached(sql)?.query_row([uid], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((named, taken_from)) = &there {
        if *named != patient {
            let sql = "INSERT OR IGNORE INTO study_patients (study, patient) VALUES (?1, ?2), (?1, ?3)";
            tx.prepare_cached(sql)?.execute(params![uid, named, patient])?;
            seek_again(tx, uid)?;
        }
        // The instance itself again: other bytes may count for it by now.
        if header.instance.as_str() > taken_from.as_str() {
            return Ok(false);
        }
    }
    let sql = "INSERT INTO studies (uid, patient, patient_age, description, accession_number, date, time,
        taken_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (uid) DO UPDATE SET patient = excluded.patient, patient_age = excluded.patient_age,
            description = excluded.description, accession_number = excluded.accession_number,
            date = excluded.date, time = excluded.time, taken_from = excluded.taken_from";
    tx.prepare_cached(sql)?.execute(params![
        uid,
        patient,
        header.patient_age.raw(),
        header.study_description.raw(),
        header.accession_number.raw(),
        header.study_date.map(|date| date.to_string()),
        header.study_time.map(|time| time.to_string()),
        header.instance.as_str(),
    ])?;
    seek_again(tx, uid)?;
    Ok(there.is_none())
}

fn add_series(tx: &Transaction<'_>, header: &InstanceHeader) -> Result<bool, WorkspaceError> {
    let uid = header.series.as_str();
    let sql = "SELECT study, taken_from FROM series WHERE uid = ?1";
    let there: Option<(String, String)> =
        tx.prepare_cached(sql)?.query_row([uid], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if there.as_ref().is_some_and(|(_, taken_from)| header.instance.as_str() > taken_from.as_str()) {
        return Ok(false);
    }
    let sql = "INSERT INTO series (uid, study, modality, number, description, body_part, taken_from)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (uid) DO UPDATE SET study = excluded.study, modality = excluded.modality,
            number = excluded.number, description = excluded.description, body_part = excluded.body_part,
            taken_from = excluded.taken_from";
    tx.prepare_cached(sql)?.execute(params![
        uid,
        header.study.as_str(),
        header.modality.raw(),
        header.series_number,
        header.series_description.raw(),
        header.body_part.raw(),
        header.instance.as_str(),
    ])?;
    seek_again(tx, header.study.as_str())?;
    // A series whose instances name several studies goes with the smallest; the one it leaves has changed too.
    if let Some((study, _)) = there.as_ref().filter(|(study, _)| study != header.study.as_str()) {
        seek_again(tx, study)?;
    }
    Ok(there.is_none())
}

/// Names the patients of a study anew, where its instances did not only become more.
pub(crate) fn name_patients(tx: &Transaction<'_>, study: &str) -> Result<(), WorkspaceError> {
    tx.prepare_cached("DELETE FROM study_patients WHERE study = ?1")?.execute([study])?;
    let sql = "INSERT INTO study_patients (study, patient)
        SELECT DISTINCT e.study, i.patient FROM series e JOIN instances i ON i.series = e.uid
        WHERE e.study = ?1 AND 1 < (
            SELECT count(DISTINCT j.patient) FROM series x JOIN instances j ON j.series = x.uid
            WHERE x.study = ?1)";
    tx.prepare_cached(sql)?.execute([study])?;
    seek_again(tx, study)
}

/// Marks a study whose words in the search are not those of its rows any more (`search_index`).
pub(crate) fn seek_again(tx: &Transaction<'_>, study: &str) -> Result<(), WorkspaceError> {
    let sql = "INSERT OR IGNORE INTO stale_studies (study) SELECT uid FROM studies WHERE uid = ?1";
    tx.prepare_cached(sql)?.execute([study])?;
    Ok(())
}
