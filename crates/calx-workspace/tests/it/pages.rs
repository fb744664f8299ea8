//! Pages give what the whole list gives, in its order, and cost what they show.

use calx_model::StudyInstanceUid;
use calx_workspace::{Direction, ImportMode, StudyOrder, WorkspaceError};

use crate::support::{Fresh, Tiny, import};

/// 7 studies of 3 patients; each of 3 series of 3 instances, numbers absent and equal.
fn many() -> Fresh {
    let fresh = Fresh::new();
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    for study in 0..7_usize {
        let patient =
            [("17", "doe^JANE", "19500101"), ("18", "DOE^JANE", "19500101"), ("9", "Roe", "1940")][study % 3];
        for series in 0..3 {
            for instance in 0..3 {
                let tiny = Tiny {
                    study: leak(format!("1.2.{study}")),
                    series: leak(format!("1.2.{study}.{}", 9 - series)),
                    patient,
                    description: leak(format!("{} {}", ["b", "A", "c"][study % 3], study % 2)),
                    number: [7, 7, 1][instance],
                    ..Tiny::new(&format!("1.2.{study}.{}.{instance}", 9 - series))
                };
                fresh.put(&format!("{study}/{series}/{instance}.dcm"), &tiny.bytes());
            }
        }
    }
    // One without a day, written over it: same length, no number in it.
    let bytes = Tiny { study: "1.2.99", series: "1.2.99.1", ..Tiny::new("1.2.99.1.1") }.bytes();
    let at = bytes.windows(8).position(|part| part == b"20240203").unwrap();
    let mut undated = bytes.clone();
    undated[at..at + 8].copy_from_slice(b"        ");
    fresh.put("undated.dcm", &undated);
    import(&fresh.workspace, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    fresh
}

fn all_pages<T>(
    limit: usize,
    page: impl Fn(Option<&calx_workspace::PageKey>, usize) -> Result<calx_workspace::Page<T>, WorkspaceError>,
) -> Vec<T> {
    let (mut after, mut rows) = (None, Vec::new());
    loop {
        let found = page(after.as_ref(), limit).unwrap();
        assert!(found.rows.len() == limit || found.next.is_none(), "only the last page is short");
        assert!(!found.rows.is_empty(), "no page is empty");
        rows.extend(found.rows);
        after = found.next;
        if after.is_none() {
            return rows;
        }
    }
}

#[test]
fn pages_of_any_length_make_the_whole_list() {
    let fresh = many();
    let ws = &fresh.workspace;
    let third = StudyInstanceUid::new("1.2.3").unwrap();
    let (series, instances) = (ws.series(None).unwrap(), ws.instances(None).unwrap());
    assert_eq!((ws.studies().unwrap().len(), series.len(), instances.len()), (8, 22, 64));
    assert!(instances.iter().map(|row| row.study.as_str()).is_sorted());
    let numbers: Vec<_> = ws.instances(Some(&third)).unwrap().iter().map(|row| row.number).collect();
    assert_eq!(numbers, [1, 7, 7, 1, 7, 7, 1, 7, 7].map(Some));
    for limit in [1, 2, 3, 5, 9, 63, 64, 65] {
        assert_eq!(all_pages(limit, |after, limit| ws.series_page(None, after, limit)), series);
        assert_eq!(all_pages(limit, |after, limit| ws.instance_page(None, after, limit)), instances);
        let of_one = all_pages(limit, |after, limit| ws.instance_page(Some(&third), after, limit));
        assert_eq!(of_one, ws.instances(Some(&third)).unwrap());
        let of_one = all_pages(limit, |after, limit| ws.series_page(Some(&third), after, limit));
        assert_eq!(of_one, ws.series(Some(&third)).unwrap());
    }
    let orders = [
        StudyOrder::Date,
        StudyOrder::PatientName,
        StudyOrder::PatientId,
        StudyOrder::Description,
        StudyOrder::Uid,
    ];
    for order in orders {
        let up = all_pages(100, |after, limit| ws.study_page(order, Direction::Up, after, limit));
        let mut down = all_pages(3, |after, limit| ws.study_page(order, Direction::Down, after, limit));
        down.reverse();
        assert_eq!(up, down, "{order:?}");
        assert_eq!(up, all_pages(2, |after, limit| ws.study_page(order, Direction::Up, after, limit)));
        let key = |row: &calx_workspace::StudyRow| match order {
            StudyOrder::Date => row.date.map(|date| date.to_string()).unwrap_or_default(),
            StudyOrder::PatientName => row.patient.name.raw().to_lowercase(),
            StudyOrder::PatientId => row.patient.patient_id.raw().to_owned(),
            StudyOrder::Description => row.description.raw().to_lowercase(),
            _ => row.study.to_string(),
        };
        assert!(up.iter().map(key).is_sorted(), "{order:?}: {:?}", up.iter().map(key).collect::<Vec<_>>());
    }
    assert_eq!(ws.studies().unwrap()[7].study.as_str(), "1.2.99", "what has no day comes last");
    let totals = ws.totals().unwrap();
    assert_eq!((totals.patients, totals.studies, totals.series, totals.instances), (4, 8, 22, 64));
    // A page goes on behind its row, also when that row is gone meanwhile.
    let page = ws.study_page(StudyOrder::Uid, Direction::Up, None, 3).unwrap();
    ws.forget(&calx_workspace::Forgotten::Study(page.rows[2].study.clone())).unwrap();
    let next = ws.study_page(StudyOrder::Uid, Direction::Up, page.next.as_ref(), 3).unwrap();
    assert_eq!(next.rows[0].study.as_str(), "1.2.3");
}
