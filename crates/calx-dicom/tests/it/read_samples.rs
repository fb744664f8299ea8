//! Every sample file: a row, or a reason that is named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use calx_dicom::{Locator, read_header};

use crate::samples;

/// All sample files, without those that describe them.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let described = ["tsv", "md", "py", "txt"].iter().any(|e| path.extension() == Some(e.as_ref()));
            if path.is_dir() {
                folders.push(path);
            } else if !described {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_sample_gives_a_row_or_a_named_reason() {
    let Some(folder) = samples::folder() else { return };
    let files = files(&folder);
    assert_eq!(files.len(), 147);
    let mut refused = BTreeMap::new();
    let mut rows = 0;
    for path in files {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        match read_header(&Locator::from(path.as_path())) {
            Ok(read) => {
                rows += 1;
                for notice in read.notices {
                    println!("notice  {name}: {notice}");
                }
            }
            Err(error) => {
                println!("refused {name}: [{}] {error}", error.code());
                refused.insert(name, error.code());
            }
        }
    }
    println!("{rows} rows, {} refused", refused.len());
    assert_eq!(rows + refused.len(), 147);
}
