//! The page as a reader and a browser get it.
use crate::case::{case, with_input};
use calx_export::{ExportOptions, export_case};
use std::path::Path;

#[test]
fn smoke() {
    let out = Path::new("/tmp/calx-export-smoke/out");
    let case = case();
    let r = with_input(&case, Vec::new(), |input| {
        export_case(input, &["png", "json", "html"], out, &ExportOptions { force: true })
    });
    match r {
        Ok(r) => println!("{r:#?}"),
        Err(e) => panic!("{e} {e:?}"),
    }
}
