//! The page in a real browser: its script runs under its own policy, an injected one does not, nothing is asked
//! of a network, and it prints.
//!
//! Without `chromium` these tests say so and pass; where `CI` is set they fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use calx_export::{ExportOptions, export_case};
use calx_model::RichText;

use crate::case::{case, with_input};

/// The browser, or `None` after saying that the test is skipped.
fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).flat_map(|f| names.map(|n| f.join(n))).find(|p| p.is_file());
    if found.is_none() {
        let required = std::env::var_os("CI").is_some() || std::env::var_os("CALX_REQUIRED").is_some();
        assert!(!required, "chromium is not installed");
        println!("skipped: chromium is not installed");
    }
    found
}

/// Exports the case into a folder whose name has blanks and letters of other scripts.
fn exported(folder: &Path) -> PathBuf {
    let mut case = case();
    case.title = "Arteries <script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
        .to_owned();
    case.presentation = RichText::plain("<script>document.title='ran'</script>");
    let out = folder.join("fünfzig zwei 症例");
    with_input(&case, Vec::new(), |input| export_case(input, &["html"], &out, &ExportOptions::default()))
        .unwrap();
    out.join("case.html")
}

/// The address of a file.
fn address(page: &Path) -> String {
    let path: String = page
        .to_str()
        .unwrap()
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"/-._".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("file://{path}")
}

fn run(browser: &Path, profile: &Path, arguments: &[String]) -> String {
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=15000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The opening tag that holds `id`.
fn tag<'a>(dom: &'a str, id: &str) -> &'a str {
    let at = dom.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("{id} is not in the page"));
    let start = dom[..at].rfind('<').unwrap();
    let end = at + dom[at..].find('>').unwrap();
    &dom[start..end]
}

fn classes(tag: &str) -> Vec<&str> {
    tag.split_once("class=\"")
        .map(|(_, rest)| rest.split('"').next().unwrap())
        .unwrap_or("")
        .split(' ')
        .collect()
}

#[test]
fn the_address_selects_and_the_policy_holds() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = address(&exported(folder.path()));
    let dump = |hash: &str| {
        run(&browser, &folder.path().join("profile"), &["--dump-dom".to_owned(), format!("{page}{hash}")])
    };

    let dom = dump("#region-1");
    assert!(classes(tag(&dom, "region-1")).contains(&"lit"), "{}", tag(&dom, "region-1"));
    assert!(tag(&dom, "region-1").contains("aria-pressed=\"true\""));
    assert!(!classes(tag(&dom, "region-2")).contains(&"lit"));
    assert!(classes(tag(&dom, "statement-1-1")).contains(&"lit"), "the statement that rests on it");
    assert!(!classes(tag(&dom, "statement-1-2")).contains(&"lit"));
    assert!(dom.contains("scripted has-lit"));

    let dom = dump("#finding-3");
    assert!(classes(tag(&dom, "region-12")).contains(&"lit"));
    assert!(!classes(tag(&dom, "region-1")).contains(&"lit"));

    let dom = dump("");
    assert!(!classes(tag(&dom, "region-1")).contains(&"lit"), "nothing is selected unasked");
    // Neither the injected element nor its handler ran, and both are text.
    assert!(dom.contains("<title>Arteries &lt;script&gt;"), "the title is untouched");
}

#[test]
fn what_is_not_the_pages_own_neither_runs_nor_loads() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = exported(folder.path());
    // As if the escaper had failed: a script, a handler and a request in the page itself.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let there = format!("http://{}/x.png", listener.local_addr().unwrap());
    let injected = format!(
        "<script>document.body.id='ran'</script><img src=\"data:,\" onerror=\"document.body.id='ran'\"/>\
         <img id=\"asked\" src=\"{there}\"/></body>"
    );
    let text = std::fs::read_to_string(&page).unwrap().replacen("</body>", &injected, 1);
    std::fs::write(&page, text).unwrap();
    let dom = run(&browser, &folder.path().join("profile"), &["--dump-dom".to_owned(), address(&page)]);
    assert!(dom.contains("id=\"asked\""), "the injected part is in the page");
    assert!(!dom.contains("<body id=\"ran\""), "an injected script ran");
    assert!(dom.contains("class=\"scripted"), "the page's own script ran");
    let asked = listener.accept();
    assert!(asked.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "the page asked a server");
}

#[test]
fn the_page_draws_and_prints() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = address(&exported(folder.path()));
    let profile = folder.path().join("profile");
    let (shot, pdf) = (folder.path().join("page.png"), folder.path().join("page.pdf"));
    run(
        &browser,
        &profile,
        &[format!("--screenshot={}", shot.display()), "--window-size=1280,1400".to_owned(), page.clone()],
    );
    run(&browser, &profile, &[format!("--print-to-pdf={}", pdf.display()), page]);
    let mut reader =
        png::Decoder::new(std::io::Cursor::new(std::fs::read(&shot).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let step = info.color_type.samples();
    let count = |test: fn(&[u8]) -> bool| pixels.chunks(step).filter(|p| test(p)).count();
    let all = (info.width * info.height) as usize;
    assert!(count(|p| p[..3].iter().all(|c| *c > 240)) > all / 5, "paper");
    assert!(count(|p| p[..3].iter().all(|c| *c < 30)) > all / 20, "the dark ground of a film");
    assert!(count(|p| p[0] > 220 && (150..200).contains(&p[1]) && p[2] < 40) > 200, "marks in their colour");
    assert!(std::fs::metadata(&pdf).unwrap().len() > 20_000);
    if let Some(keep) = std::env::var_os("CALX_KEEP") {
        std::fs::create_dir_all(&keep).unwrap();
        for file in [shot, pdf] {
            std::fs::copy(&file, Path::new(&keep).join(file.file_name().unwrap())).unwrap();
        }
    }
}
