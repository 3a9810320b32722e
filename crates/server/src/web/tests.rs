//! What is embedded, and how a folder becomes that.

use std::fs;
use std::path::Path;

use super::*;

/// A folder with these files, each holding its own name.
fn folder(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, name).expect("written");
    }
    folder
}

/// The lines of the table, with the folder's place cut out.
fn lines(folder: &Path) -> Vec<String> {
    let text = table::table(folder).expect("a table");
    let place = format!("{}/", folder.display());
    text.lines().filter(|line| line.contains("File")).map(|line| line.trim().replace(&place, "")).collect()
}

#[test]
fn what_is_packed_is_embedded_packed_only_and_everything_else_as_it_is() {
    let made = folder(&[
        "200.html",
        "200.html.br",
        "200.html.gz",
        "_app/immutable/a.js",
        "_app/immutable/a.js.br",
        "_app/immutable/a.js.gz",
        "b.woff2",
        "c.tar.gz",
        ".vite/manifest.json",
        ".well-known/security.txt",
    ]);
    assert_eq!(
        lines(made.path()),
        [
            r#"File { path: ".well-known/security.txt", plain: Some(include_bytes!(".well-known/security.txt")), gzip: None, brotli: None },"#,
            r#"File { path: "200.html", plain: Some(include_bytes!("200.html")), gzip: None, brotli: None },"#,
            r#"File { path: "_app/immutable/a.js", plain: None, gzip: Some(include_bytes!("_app/immutable/a.js.gz")), brotli: Some(include_bytes!("_app/immutable/a.js.br")) },"#,
            r#"File { path: "b.woff2", plain: Some(include_bytes!("b.woff2")), gzip: None, brotli: None },"#,
            r#"File { path: "c.tar.gz", plain: Some(include_bytes!("c.tar.gz")), gzip: None, brotli: None },"#,
        ]
    );
}

#[test]
fn a_folder_without_the_page_stops_the_build_and_is_named() {
    let made = folder(&["index.html"]);
    let error = table::table(made.path()).expect_err("no page").to_string();
    assert!(error.contains("200.html") && error.contains(&made.path().display().to_string()), "{error}");
    assert!(table::table(&made.path().join("nowhere")).expect_err("no folder").to_string().contains("nowhere"));
}

#[test]
fn the_notice_is_a_page_that_needs_nothing_else() {
    let text = include_str!("notice/200.html");
    assert!(text.contains("data-theme=\"%pr.theme%\"") && text.contains("/api/v1/openapi.json"));
    for word in ["<script", "<style", "style=", "http:", "https:"] {
        assert!(!text.contains(word), "{word}");
    }
    let notice = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/notice");
    assert_eq!(lines(&notice).len(), 1);
}

#[test]
fn what_is_embedded_has_a_page_and_no_script_that_is_not_packed() {
    site();
    for file in FILES.iter().filter(|file| file.path.ends_with(".js") || file.path.ends_with(".css")) {
        assert!(file.gzip.is_some() && file.brotli.is_some() && file.plain.is_none(), "{}", file.path);
    }
}
