//! The corpus that `fuzz/` keeps, for the connectors that have a target there.

/// Runs every file of a target's corpus.
pub(crate) fn corpus(target: &str, run: fn(&[u8])) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/").to_owned() + target;
    let files = std::fs::read_dir(folder).expect("the corpus is here");
    let mut ran = 0;
    for file in files.map(|file| file.expect("a file").path()) {
        println!("{}", file.display());
        run(&std::fs::read(&file).expect("it can be read"));
        ran += 1;
    }
    assert!(ran >= 10, "only {ran} files");
}
