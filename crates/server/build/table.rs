//! A folder of files as the Rust expression that embeds them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// `&[File { … }, …]` for every file below `folder`.
///
/// What has a packed sibling is embedded packed only: the few clients that take neither form
/// are unpacked for. The page is embedded as it is, because the server fills it in.
pub(crate) fn table(folder: &Path) -> io::Result<String> {
    let mut names = BTreeSet::new();
    collect(folder, "", &mut names)?;
    if !names.contains("200.html") {
        return Err(io::Error::other(format!("{}: there is no 200.html, so this is no web app", folder.display())));
    }
    let mut text = String::from("&[\n");
    for name in names.iter().filter(|name| packed_from(name, &names).is_none()) {
        entry(&mut text, folder, name, &names);
    }
    text.push_str("]\n");
    Ok(text)
}

fn entry(text: &mut String, folder: &Path, name: &str, names: &BTreeSet<String>) {
    let bytes = |ending: &str| format!("Some(include_bytes!({:?}))", folder.join(format!("{name}{ending}")));
    let packed = |ending: &str| {
        let is_there = name != "200.html" && names.contains(&format!("{name}{ending}"));
        if is_there { bytes(ending) } else { "None".to_owned() }
    };
    let (gzip, brotli) = (packed(".gz"), packed(".br"));
    let plain = if gzip == "None" { bytes("") } else { "None".to_owned() };
    let _ = writeln!(text, "    File {{ path: {name:?}, plain: {plain}, gzip: {gzip}, brotli: {brotli} }},");
}

/// The file that this one is a packed form of.
fn packed_from<'a>(name: &'a str, names: &BTreeSet<String>) -> Option<&'a str> {
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".br"))?;
    names.contains(plain).then_some(plain)
}

/// Every file, with `/` between folders. Hidden ones are a build's own notes.
fn collect(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) -> io::Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| io::Error::other(format!("{}: {error}", folder.display())))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?}: no UTF-8")))?;
        if name.starts_with('.') && name != ".well-known" {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), names)?;
        } else {
            names.insert(path);
        }
    }
    Ok(())
}
