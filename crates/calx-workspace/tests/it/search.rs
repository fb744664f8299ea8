//! Words lead to studies and cases, in any script, and leave when these do.

use calx_model::{Edit, StatementId};
use calx_workspace::{Forgotten, SearchQuery, Workspace};
use rusqlite::Connection;
use uuid::Uuid;

use crate::support::{Fresh, Tiny, new_case, stamp, title};

/// Descriptions of the studies that are found, newest first.
fn found(ws: &Workspace, text: &str) -> Vec<String> {
    let page = ws.search_studies(&SearchQuery::words(text), None, 100).unwrap();
    page.rows.into_iter().map(|row| row.description.raw().to_owned()).collect()
}

/// Titles of the cases that are found.
fn cases(ws: &Workspace, text: &str) -> Vec<String> {
    let page = ws.search_cases(&SearchQuery::words(text), None, 100).unwrap();
    page.rows.into_iter().map(|row| row.title).collect()
}

const PATIENTS: [(&str, &str, &str); 5] = [
    ("AB-17/3", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Both hands"),
    ("18", "MÜLLER-LÜDENSCHEIDT^HÉLÈNE", "Cervical spine 頸椎"),
    ("19", "أَحْمَد^مصطفى", "الركبة اليمنى"),
    ("20", "김희중", "膝関節MRI"),
    ("21", "O'Brien^Seán^^Dr", "<img src=x> \u{1b}[2J"),
];

fn five() -> Fresh {
    let fresh = Fresh::new();
    for (at, (id, name, description)) in PATIENTS.into_iter().enumerate() {
        let study: &'static str = ["1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5"][at];
        let series: &'static str = ["1.2.1.1", "1.2.2.1", "1.2.3.1", "1.2.4.1", "1.2.5.1"][at];
        let tiny = Tiny {
            study,
            series,
            patient: (id, name, "19500101"),
            description,
            ..Tiny::new(&format!("{series}.1"))
        };
        fresh.put(&format!("{at}.dcm"), &tiny.bytes());
    }
    fresh.import();
    fresh
}

#[test]
fn studies_are_found_by_words_of_any_script() {
    let fresh = five();
    let ws = &fresh.workspace;
    let all = PATIENTS.map(|(_, _, description)| description);
    let check = |typed: &str, expected: &[usize]| {
        let mut texts = found(ws, typed);
        texts.sort();
        let mut wanted: Vec<&str> = expected.iter().map(|at| all[*at]).collect();
        wanted.sort_unstable();
        assert_eq!(texts, wanted, "{typed}");
    };
    check("yamada", &[0]);
    check("tarou yam", &[0]);
    check("Yamada^Tarou", &[0]);
    check("山田", &[0]);
    check("田^太", &[0]);
    check("太", &[0]);
    check("ヤマダ", &[0]);
    check("太田", &[]);
    check("ab17", &[0]);
    check("AB-17/3", &[0]);
    check("17", &[0]);
    check("muller", &[1]);
    check("Helene LUDEN", &[1]);
    check("頸椎 cerv", &[1]);
    check("احمد", &[2]);
    check("مصطفي", &[2]);
    check("ركبة", &[]);
    check("الركبه", &[2]);
    check("희중", &[3]);
    check("関節", &[3]);
    check("mri", &[3]);
    check("obrien sean", &[4]);
    check("img", &[4]);
    check("2024-02-03", &[0, 1, 2, 3, 4]);
    check("202402", &[0, 1, 2, 3, 4]);
    check("dx both", &[0]);
    check("", &[0, 1, 2, 3, 4]);
    check("doe", &[]);
}

#[test]
fn nothing_that_is_typed_is_an_error() {
    let fresh = five();
    let ws = &fresh.workspace;
    for typed in [
        "\"",
        "'",
        "*",
        "a*b",
        "AND",
        "OR NOT",
        "NEAR(a b)",
        "patient:x",
        "{a b}: c",
        "^yam",
        "(",
        ")",
        "a\0b",
        "-",
        "+ +",
        "%",
        "; DROP TABLE studies",
        "\\",
        "\u{202e}yam",
        "=^=",
        "\u{301}",
        "modality : \"DX\"",
    ] {
        found(ws, typed);
        cases(ws, typed);
        let query = SearchQuery { modality: Some(typed.to_owned()), ..SearchQuery::default() };
        ws.search_studies(&query, None, 5).unwrap();
    }
    assert_eq!(found(ws, "^yam"), ["Both hands"]);
    assert_eq!(found(ws, &"yam ".repeat(5_000)), ["Both hands"]);
    assert!(found(ws, "=^=").is_empty());
}

#[test]
fn modality_and_days_narrow_and_pages_go_on() {
    let fresh = five();
    let ws = &fresh.workspace;
    let count = |modality: Option<&str>, from: Option<&str>, to: Option<&str>| {
        let day = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let query = SearchQuery {
            modality: modality.map(str::to_owned),
            from: day(from),
            to: day(to),
            ..SearchQuery::default()
        };
        ws.search_studies(&query, None, 100).unwrap().rows.len()
    };
    assert_eq!((count(Some("DX"), None, None), count(Some("dx"), None, None)), (5, 5));
    assert_eq!((count(Some("CT"), None, None), count(Some("D"), None, None)), (0, 0));
    assert_eq!(count(None, Some("2024-02-03"), Some("2024-02-03")), 5);
    assert_eq!((count(None, Some("2024-02-04"), None), count(None, None, Some("2024-02-02"))), (0, 0));
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = ws.search_studies(&SearchQuery::words("dx"), after.as_ref(), 2).unwrap();
        assert!(page.rows.len() <= 2);
        seen.extend(page.rows.into_iter().map(|row| row.study.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, ["1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5"]);
}

fn statement(text: &str, at: u128) -> Edit {
    use calx_model::{Finding, Presence, RichText, Scope, Statement};
    let id = |n: u128| Uuid::from_u128(at * 0x100 + n);
    Edit::AddFinding {
        index: 0,
        finding: Box::new(Finding {
            id: id(1).into(),
            scope: Scope::Case,
            statements: vec![Statement {
                id: StatementId::from(id(2)),
                text: RichText::plain(text),
                presence: Presence::Present,
                code: None,
                sites: Vec::new(),
                certainty: None,
                compared_to: None,
                evidence: Vec::new(),
                reading: new_case(at, "").reading.id,
            }],
        }),
    }
}

#[test]
fn cases_are_found_by_what_they_say_now() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    let mut writer = ws.create_case(new_case(1, "Ossified ligament"), stamp(0)).unwrap();
    assert_eq!(cases(ws, "ossi lig"), ["Ossified ligament"]);
    writer.commit(statement("手関節の石灰化 (Kalkschatten)", 1), stamp(1)).unwrap();
    let hit = ws.search_cases(&SearchQuery::words("石灰"), None, 9).unwrap().rows.remove(0);
    assert_eq!(
        (hit.number, hit.texts),
        (Some(1), vec![("1.1".to_owned(), "手関節の石灰化 (Kalkschatten)".to_owned())])
    );
    // Another process writes the title; this one sees it.
    drop(writer);
    fresh.again().write_case(hit.id).unwrap().commit(title("Bridging spur"), stamp(2)).unwrap();
    assert_eq!(cases(ws, "spur kalk"), ["Bridging spur"]);
    assert!(cases(ws, "ossified").is_empty());
    std::fs::remove_file(ws.root().join("catalogue.sqlite")).unwrap();
    let again = fresh.again();
    again.rebuild_catalogue().unwrap();
    assert_eq!(cases(&again, "spur"), ["Bridging spur"]);
}

#[test]
fn words_follow_what_is_imported_rebuilt_and_forgotten() {
    let fresh = five();
    let ws = &fresh.workspace;
    // A smaller UID in the same study describes it from now on, and another patient is named in it.
    let other = Tiny {
        study: "1.2.1",
        series: "1.2.1.0",
        patient: ("77", "SMITH^ADA", "19600101"),
        description: "Left wrist",
        ..Tiny::new("1.2.1.0.1")
    };
    fresh.put("other.dcm", &other.bytes());
    fresh.import();
    assert_eq!(found(ws, "smith"), ["Left wrist"]);
    assert_eq!(found(ws, "yamada"), ["Left wrist"], "all whom the study names");
    assert!(found(ws, "both hands").is_empty());
    ws.rebuild_catalogue().unwrap();
    assert_eq!(found(ws, "smith yamada"), ["Left wrist"]);
    assert_eq!(found(ws, "").len(), 5);
    ws.forget(&Forgotten::Patient("18".to_owned())).unwrap();
    assert!(found(ws, "muller").is_empty() && found(ws, "cervical").is_empty());
    assert_eq!(found(ws, "").len(), 4);
    // The index holds its words folded, in pages of its own.
    let path = ws.root().join("catalogue.sqlite");
    let bytes =
        [std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("sqlite-wal")).unwrap_or_default()];
    let holds = |word: &str| bytes.iter().any(|b| b.windows(word.len()).any(|part| part == word.as_bytes()));
    for word in ["ludenscheidt", "helene", "udensch", "cervical", "椎"] {
        assert!(!holds(word), "{word}");
    }
    assert!(holds("yamada") || holds("amada"));
    let catalogue = Connection::open(&path).unwrap();
    for table in ["study_words", "case_words"] {
        catalogue.execute(&format!("INSERT INTO {table} ({table}) VALUES ('integrity-check')"), []).unwrap();
    }
}
