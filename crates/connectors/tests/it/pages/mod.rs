//! `docs/platforms/<id>.md`: written by people, with the parts that descriptors know made from them.
//!
//! A made part stands between `<!-- generated:begin NAME -->` and `<!-- generated:end -->`; every page has each part of
//! [`blocks::ALL`] once.

mod blocks;
mod settings;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use postrider_connector::Descriptor;
use postrider_connectors::registry;

use crate::documents::{docs, first_difference, update};

const BEGIN: &str = "<!-- generated:begin ";
const END: &str = "<!-- generated:end -->";

/// The page as it should be, with everything that keeps its parts from being made.
fn made(page: &str, descriptor: &Descriptor) -> Result<String, Vec<String>> {
    let (mut out, mut wrong) = (String::new(), Vec::new());
    let mut missing: BTreeSet<&str> = blocks::ALL.iter().map(|(name, _)| *name).collect();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(name) = line.strip_prefix(BEGIN) else {
            if line == END {
                wrong.push("an end without a beginning".to_owned());
            }
            continue;
        };
        let name = name.trim_end_matches("-->").trim();
        match blocks::ALL.iter().find(|(known, _)| *known == name) {
            Some((known, make)) if missing.remove(known) => {
                let _ = write!(out, "{}\n{END}\n", make(descriptor).trim_end());
            }
            Some(_) => wrong.push(format!("the part `{name}` stands there twice")),
            None => wrong.push(format!("there is no part `{name}`")),
        }
        if !lines.by_ref().any(|line| line == END) {
            wrong.push(format!("the part `{name}` has no end"));
        }
    }
    wrong.extend(missing.into_iter().map(|name| format!("the part `{name}` is missing")));
    if wrong.is_empty() { Ok(out) } else { Err(wrong) }
}

/// What is wrong with a page: nothing, or what to do about it.
fn problem(page: &str, descriptor: &Descriptor) -> Option<String> {
    match made(page, descriptor) {
        Ok(made) if made == page => None,
        Ok(made) => Some(format!("differs from the descriptor, {}", first_difference(page, &made))),
        Err(wrong) => Some(wrong.join("; ")),
    }
}

#[test]
fn the_pages_of_the_platforms_say_what_the_descriptors_say() {
    let mut wrong = Vec::new();
    for descriptor in registry().descriptors() {
        let name = format!("platforms/{}.md", descriptor.id);
        let page = std::fs::read_to_string(docs(&name)).unwrap_or_default();
        let page = match made(&page, descriptor) {
            Ok(made) if update() => {
                std::fs::write(docs(&name), &made).expect("the page can be written");
                made
            }
            _ => page,
        };
        wrong.extend(problem(&page, descriptor).map(|problem| format!("docs/{name}: {problem}")));
    }
    assert!(
        wrong.is_empty(),
        "{}\nLook at the differences after\n    UPDATE=1 cargo nextest run --workspace -E 'test(pages_of_the_platforms)'",
        wrong.join("\n")
    );
}

#[test]
fn every_page_of_a_platform_is_that_of_a_connector_and_is_linked() {
    let ids: BTreeSet<String> = registry().descriptors().map(|descriptor| format!("{}.md", descriptor.id)).collect();
    let files = std::fs::read_dir(docs("platforms")).expect("docs/platforms");
    let files: BTreeSet<String> =
        files.map(|file| file.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(files, ids);
    let readme = std::fs::read_to_string(docs("../README.md")).expect("README.md");
    for file in files {
        assert!(readme.contains(&format!("(docs/platforms/{file})")), "README.md does not link {file}");
    }
}

// Planted drifts

/// A sound page for a connector.
fn sound(descriptor: &Descriptor) -> String {
    let parts = blocks::ALL.iter().map(|(name, _)| format!("Words.\n{BEGIN}{name} -->\n{END}\n"));
    made(&parts.collect::<String>(), descriptor).expect("a sound page")
}

#[test]
fn a_changed_figure_in_a_page_is_found_and_words_of_people_are_left_alone() {
    for descriptor in registry().descriptors() {
        let page = sound(descriptor);
        assert_eq!(problem(&page, descriptor), None, "{}", descriptor.id);
        assert_eq!(problem(&page.replace("Words.", "Other words."), descriptor), None, "{}", descriptor.id);
        let limit = blocks::number(descriptor.text[0].max as u64);
        let planted = page.replacen(&limit, "7", 1);
        let said = problem(&planted, descriptor).expect("a drift");
        assert!(said.starts_with("differs from the descriptor, line ") && said.contains(&limit), "{said}");
        assert_eq!(made(&planted, descriptor).as_ref(), Ok(&page), "rewriting repairs it");
    }
}

#[test]
fn a_changed_descriptor_is_found_in_its_page() {
    let descriptor = *registry().descriptors().find(|descriptor| descriptor.media.is_some()).expect("takes media");
    let page = sound(&descriptor);
    let (mut longer, mut fewer, mut asked, mut edits) = (descriptor, descriptor, descriptor, descriptor);
    longer.text = &[];
    fewer.media = descriptor.media.map(|media| postrider_connector::descriptor::MediaRules { max_items: 99, ..media });
    asked.settings = r#"{"properties": {"new": {"title": "New", "description": "New.", "type": "boolean"}}}"#;
    edits.live.edit = !edits.live.edit;
    for changed in [longer, fewer, asked, edits] {
        let said = problem(&page, &changed).expect("a drift");
        assert!(said.starts_with("differs from the descriptor, line "), "{said}");
    }
}

#[test]
fn a_part_that_is_missing_doubled_open_or_unknown_is_named() {
    let descriptor = *registry().descriptors().next().expect("a connector");
    let page = sound(&descriptor);
    let begin = format!("{BEGIN}text -->");
    for (planted, expected) in [
        (page.replace(&begin, "gone"), "an end without a beginning; the part `text` is missing"),
        (format!("{page}{begin}\n{END}\n"), "the part `text` stands there twice"),
        (format!("{page}{begin}\n"), "the part `text` stands there twice; the part `text` has no end"),
        (format!("{page}{BEGIN}odd -->\n{END}\n"), "there is no part `odd`"),
    ] {
        assert_eq!(problem(&planted, &descriptor).as_deref(), Some(expected));
    }
}
