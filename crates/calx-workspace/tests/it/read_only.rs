//! A workspace that may be read and not written.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use calx_workspace::{ErrorClass, Forgotten, SearchQuery, VerifyOptions, Workspace, WorkspaceError};

use crate::support::{Fresh, Tiny, import, new_case, stamp};

/// Where the child finds the workspace that was mounted for it.
const MOUNTED: &str = "CALX_TEST_READ_ONLY";

/// Runs [`on_a_read_only_disk`] of this very program with the workspace mounted read-only over itself.
fn mounted(root: &std::path::Path) -> Option<bool> {
    let can = Command::new("unshare").args(["-rm", "true"]).status();
    if !can.is_ok_and(|status| status.success()) {
        println!("skipped: no folder can be mounted read-only here");
        return None;
    }
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && exec \"$2\" --exact --nocapture \
         read_only::on_a_read_only_disk";
    let done = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .args([root, &env::current_exe().unwrap()])
        .env(MOUNTED, root)
        .status();
    Some(done.unwrap().success())
}

/// What holds where nothing can be written; called by itself it has nothing to look at.
#[test]
fn on_a_read_only_disk() {
    let Some(root) = env::var_os(MOUNTED).map(PathBuf::from) else { return };
    assert!(std::fs::write(root.join("x"), b"").is_err(), "it is mounted read-only");
    let ws = Workspace::open(&root).unwrap();
    assert_eq!(ws.studies().unwrap().len(), 1);
    assert_eq!(ws.runs().unwrap().len(), 1);
    assert_eq!(ws.case_list().unwrap().len(), 1);
    let instances = ws.instances(None).unwrap();
    assert!(ws.locate(&instances[0].instance).is_ok());
    // The digest is told, and not kept.
    assert_eq!((instances[0].sha256.as_ref(), ws.hash_list().unwrap().len()), (None, 1));
    let found = ws.search_studies(&SearchQuery::words("hands"), None, 10).unwrap();
    assert_eq!(found.rows.len(), 1);
    for deep in [false, true] {
        let report = ws.verify(VerifyOptions { deep }).unwrap();
        assert!(report.is_whole() && report.faults.is_empty(), "{report:?}");
    }
    let refused: [WorkspaceError; 3] = [
        ws.create_case(new_case(7, "New"), stamp(0)).map(drop).unwrap_err(),
        ws.forget(&Forgotten::Patient("17".to_owned())).map(drop).unwrap_err(),
        ws.rebuild_catalogue().map(drop).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.class(), ErrorClass::WriteFailed, "{error:?}");
    }
}

#[test]
fn a_workspace_on_a_read_only_disk_is_read() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    import(&fresh.workspace, &[fresh.src()], |o| o.mode = calx_workspace::ImportMode::Reference).unwrap();
    drop(fresh.workspace.create_case(new_case(1, "Hands"), stamp(0)).unwrap());
    let Fresh { dir, workspace } = fresh;
    let root = workspace.root().to_path_buf();
    // While somebody has it open its log lies beside it, and afterwards there is none.
    let open = mounted(&root);
    drop(workspace);
    assert!(!root.join("catalogue.sqlite-wal").exists());
    for seen in [open, mounted(&root)] {
        assert!(seen.is_none_or(|is_fine| is_fine), "see above what went wrong");
    }
    drop(dir);
}
