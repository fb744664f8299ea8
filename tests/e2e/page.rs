//! The exported page in a real browser: it opens from disk, marks answer to the address, nothing is loaded or sent.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::driver::{Place, Ran, clean, id, kept, run_within, skip};

/// A chromium that starts; `None` after saying why.
fn browser() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()));
    if found.is_none() {
        skip("no chromium");
    }
    found
}

fn open(browser: &str, profile: &Path, args: &[&str], page: &str) -> Ran {
    let mut command = Command::new(browser);
    clean(&mut command);
    command
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-component-update",
        ])
        .args(["--disable-background-networking", "--disable-sync", "--disable-default-apps"])
        .args(["--virtual-time-budget=15000", "--window-size=1200,1600"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(args)
        .arg(page);
    run_within(&mut command, Duration::from_secs(90)).expect(0)
}

/// A case whose words try to break out, exported; the page's path.
fn exported(place: &Place) -> PathBuf {
    let chip = format!("[radial artery](#{})", id(0xe1));
    let words = format!(
        "Calcified <script>document.title='owned'</script> {chip} <img src=http://127.0.0.1:9/x onerror=alert(1)>."
    );
    place.ok(&["statement", "set", "52", "1.1", "--text", &words]);
    place.ok(&["evidence", "link", "52", "1.1", "--region", "2", "--words", "Calcified"]);
    // A path with a space and letters beyond ASCII.
    let out = place.path("Hände und Füße");
    let ran = place.ok(&[
        "export",
        "52",
        "-o",
        &out,
        "--as",
        "html",
        "--pixels-clean",
        "all",
        "--renderer",
        "cpu",
        "--json",
    ]);
    let folder = PathBuf::from(ran.json()["folder"].as_str().unwrap());
    folder.join("case.html")
}

/// The opening tag that carries this id.
fn tag<'a>(dom: &'a str, id: &str) -> &'a str {
    let at = dom.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no element {id} in the page"));
    let start = dom[..at].rfind('<').unwrap();
    &dom[start..=at + dom[at..].find('>').unwrap()]
}

fn classes(tag: &str) -> Vec<&str> {
    let Some((_, rest)) = tag.split_once("class=\"") else { return Vec::new() };
    rest.split('"').next().unwrap_or_default().split(' ').collect()
}

#[test]
fn the_page_opens_selects_and_stays_alone() {
    let Some(browser) = browser() else { return };
    let place = Place::with_marks();
    let page = exported(&place);
    let address = format!("file://{}", page.display());
    let profile = place.dir().join("profile");

    let plain = open(browser, &profile, &["--dump-dom"], &address).out;
    assert!(plain.contains("<title>"), "{plain}");
    assert!(!plain.contains("<title>owned"), "an injected script ran");
    for region in ["region-1", "region-2"] {
        assert!(!classes(tag(&plain, region)).contains(&"lit"), "{region} is lit before anyone asked");
    }
    let chosen = open(browser, &profile, &["--dump-dom"], &format!("{address}#region-1")).out;
    let mark = tag(&chosen, "region-1");
    assert!(classes(mark).contains(&"lit") && classes(mark).contains(&"chosen"), "{mark}");
    assert!(!classes(tag(&chosen, "region-2")).contains(&"lit"));
    // The way back: the statement that rests on the region is lit with it.
    let statement = tag(&chosen, "statement-1-1");
    assert!(classes(statement).contains(&"lit"), "{statement}");
    // And from the sentence to its marks.
    let from_sentence = open(browser, &profile, &["--dump-dom"], &format!("{address}#statement-1-1")).out;
    for region in ["region-1", "region-2"] {
        assert!(classes(tag(&from_sentence, region)).contains(&"lit"), "{region}");
    }

    // Without a place in the address: a headless picture of a scrolled page is shifted by the scroll.
    let picture = kept("page").join("case.png");
    open(browser, &profile, &[&format!("--screenshot={}", picture.display())], &address);
    let (width, height, pixels) = crate::story::png(picture.to_str().unwrap());
    assert_eq!(width, 1200);
    let shades: std::collections::BTreeSet<[u8; 3]> = pixels.into_iter().collect();
    assert!(height >= 800 && shades.len() > 50, "the page is blank: {} colours", shades.len());
    println!("screenshot: {}", picture.display());
}

#[test]
fn the_page_asks_the_network_for_nothing() {
    let Some(browser) = browser() else { return };
    let place = Place::with_marks();
    let page = exported(&place);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("default-src 'none'"), "no content security policy");
    let profile = place.dir().join("profile");
    let log = place.dir().join("net.json");
    let (address, asked) = listener();
    let flags = [
        format!("--proxy-server={address}"),
        format!("--log-net-log={}", log.display()),
        "--dump-dom".to_owned(),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    open(browser, &profile, &flags, &format!("file://{}", page.display()));
    let of_page = requests(&log);
    assert!(of_page.is_empty(), "{of_page:#?}");

    // The same watch sees a page that does ask, or the test above would prove nothing.
    let loud = place.dir().join("loud.html");
    std::fs::write(&loud, "<title>t</title><img src=\"http://calx-e2e.example/x.png\">").unwrap();
    open(browser, &profile, &flags, &format!("file://{}", loud.display()));
    assert!(requests(&log).iter().any(|url| url.contains("calx-e2e.example")), "the watch is blind");
    let asked = asked.lock().unwrap();
    assert!(asked.iter().any(|line| line.contains("calx-e2e.example")), "{asked:?}");
}

/// A proxy that answers nobody and remembers who was asked for.
fn listener() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            let mut head = [0; 512];
            let length = stream.read(&mut head).unwrap_or(0);
            let line = String::from_utf8_lossy(&head[..length]).lines().next().unwrap_or_default().to_owned();
            told.lock().unwrap().push(line);
        }
    });
    (address, seen)
}

/// Addresses beyond this machine that the browser's own log names as asked for by a page. Requests of the browser
/// itself (updates, lists) have no initiator.
fn requests(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap();
    let log: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("the browser's log: {e}"));
    let events = log["events"].as_array().unwrap();
    let mut found: Vec<String> = events
        .iter()
        .filter(|e| {
            let initiator = e["params"]["initiator"].as_str();
            initiator.is_some_and(|i| i != "not an origin" && !i.starts_with("chrome"))
        })
        .filter_map(|e| e["params"]["url"].as_str())
        .filter(|url| url.starts_with("http") || url.starts_with("ws") || url.starts_with("ftp"))
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}
