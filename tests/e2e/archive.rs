//! A real archive keeps the demo's images and objects: stored and fetched by programs of others, everything is there, and
//! the case comes back equal into an empty workspace.
//!
//! The archive is Orthanc, the programs dcmtk's. Runs with `CALX_FULL=1` only.
//!
//! Invariants
//! - Orthanc listens on all addresses: it runs in a network of its own (`unshare -rn`) that nobody outside sees.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::driver::{Place, clean, run, run_within, skip, tree};
use crate::hostile::is_full;

/// Starts the archive, stores what lies in `dicom` and `objects`, fetches the studies named into `got`, stops it.
const SCRIPT: &str = r#"
set -eu
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up
mkdir store got
Orthanc orthanc.json >orthanc.log 2>&1 &
archive=$!
trap 'kill $archive; wait $archive' EXIT
tries=0
until echoscu -aec CALXTEST 127.0.0.1 14242 2>/dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 200 ]
  sleep 0.05
done
storescu -aec CALXTEST -R +sd +r +sp '*.dcm' 127.0.0.1 14242 made/dicom out
for study in "$@"; do
  getscu -S -aec CALXTEST -od got -k 0008,0052=STUDY -k "0020,000d=$study" 127.0.0.1 14242
done
"#;

const SETTINGS: &str = r#"{"Name": "calx-test", "StorageDirectory": "store", "IndexDirectory": "store", "HttpPort": 18042,
 "RemoteAccessAllowed": false, "AuthenticationEnabled": false, "DicomServerEnabled": true, "DicomAet": "CALXTEST",
 "DicomPort": 14242, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true,
 "WebDavEnabled": false, "SaveJobs": false, "OverwriteInstances": false, "Plugins": []}"#;

/// Whether all of it is here and may run; says why when not.
fn is_possible() -> bool {
    if !is_full() {
        println!("an archive is asked with CALX_FULL=1 only");
        return false;
    }
    for program in ["Orthanc", "ip", "storescu", "getscu", "dcmconv"] {
        let look = format!("PATH=$PATH:/usr/sbin:/sbin command -v {program}");
        if !Command::new("sh").args(["-c", &look]).output().is_ok_and(|ran| ran.status.success()) {
            skip(&format!("no {program} here (tests/run installs it with CALX_FULL=1)"));
            return false;
        }
    }
    if !Command::new("unshare").args(["-rn", "true"]).output().is_ok_and(|ran| ran.status.success()) {
        skip("a network of its own may not be made here (unshare -rn)");
        return false;
    }
    true
}

/// Every object under the folders by its UID, the bytes of its data set, and its study.
fn objects(folders: &[PathBuf]) -> BTreeMap<String, (String, Vec<u8>)> {
    let files = folders.iter().flat_map(|folder| tree(folder));
    files
        .filter(|(_, bytes)| bytes.get(128..132) == Some(b"DICM"))
        .map(|(path, bytes)| {
            let header = calx_dicom::read_header(&path.as_path().into()).unwrap().value;
            let meta = u32::from_le_bytes(bytes[140..144].try_into().unwrap());
            let data = bytes[144 + usize::try_from(meta).unwrap()..].to_vec();
            (header.instance.to_string(), (header.study.to_string(), data))
        })
        .collect()
}

/// The same objects with the lengths of sequences stated, as calx writes them: Orthanc says where they end instead.
fn with_lengths(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let file = entry.unwrap().path();
        run(Command::new("dcmconv").arg("+e").arg(&file).arg(to.join(file.file_name().unwrap()))).expect(0);
    }
}

fn case(place: &Place, workspace: &str) -> Value {
    let mut case = place.ok(&["show", "52", "--json", "-w", workspace]).json()["case"].take();
    let fields = case.as_object_mut().unwrap();
    assert!(fields.remove("revision").is_some() && fields.remove("edited").is_some());
    case
}

#[test]
fn an_archive_gives_back_what_it_was_given() {
    if !is_possible() {
        return;
    }
    let place = Place::new();
    let mut demo = place.command(&["demo", "--out", "made", "--scale", "0.25", "--renderer", "cpu"]);
    run(demo.env_remove("CALX_WORKSPACE")).expect(0);
    place.ok(&["export", "52", "-w", "made/workspace", "-o", "out", "--as", "sr,seg,gsps,kos"]);
    let sent = objects(&[place.dir().join("made/dicom"), place.dir().join("out")]);
    assert_eq!(sent.len(), 16, "5 images and 11 objects");
    let mut studies: Vec<&str> = sent.values().map(|(study, _)| study.as_str()).collect();
    studies.sort_unstable();
    studies.dedup();
    assert_eq!(studies.len(), 3);

    std::fs::write(place.dir().join("orthanc.json"), SETTINGS).unwrap();
    let mut archive = Command::new("unshare");
    clean(&mut archive);
    archive.args(["-rn", "sh", "-c", SCRIPT, "archive"]).args(&studies).current_dir(place.dir());
    let ran = run_within(&mut archive, Duration::from_secs(120));
    let log = std::fs::read_to_string(place.dir().join("orthanc.log")).unwrap_or_default();
    assert_eq!(ran.code, 0, "{}\n{}\n{log}", ran.out, ran.err);

    with_lengths(&place.dir().join("got"), &place.dir().join("same"));
    let fetched = objects(&[place.dir().join("same")]);
    assert!(fetched.keys().eq(sent.keys()), "other objects: {:?}", fetched.keys());
    let differing: Vec<&String> = sent.keys().filter(|uid| sent[*uid] != fetched[*uid]).collect();
    assert!(differing.is_empty(), "not as they were sent: {differing:?}");

    let told = place.ok(&["import", "got"]).err;
    assert!(told.contains("calx case restore"), "{told}");
    place.ok(&["case", "restore", "got"]);
    let (restored, made) = (case(&place, "ws"), case(&place, "made/workspace"));
    assert_eq!(restored, made);
    println!("{} objects of {} studies through Orthanc, equal; the case too", sent.len(), studies.len());
}
