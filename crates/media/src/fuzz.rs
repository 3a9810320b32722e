//! What must hold for any file; see `fuzz/`.

use std::io::Cursor;

use crate::image::{Limits, stripped_again};
use crate::sniff::{Accepts, HEAD_BYTES, sniff};
use crate::video::probe_mp4;

/// Any file can be recognised and measured, as a picture and as a film. A picture that is read has no metadata any
/// more once they are taken out, and is otherwise as it was.
pub fn probing(data: &[u8]) {
    let head = &data[..data.len().min(HEAD_BYTES)];
    let everything = Accepts { heic: true, avif: true };
    let sniffed = sniff(head, None, None, everything);
    let labelled = sniff(head, Some("image/png"), Some("film.mov"), everything);
    let mime = |found: &Result<crate::sniff::Sniffed, _>| found.as_ref().ok().map(|found| found.mime);
    assert_eq!(mime(&sniffed), mime(&labelled), "what a sender says decides nothing");
    let limits = Limits::default();
    if let Some((before, after)) = stripped_again(data, &limits) {
        let after = after.expect("a picture without its metadata is still one");
        assert!(!after.has_metadata && !after.has_location, "metadata are left: {after:?}");
        assert_eq!((before.mime, before.width, before.height), (after.mime, after.width, after.height));
        assert_eq!(before.frames, after.frames);
    }
    if let Ok(film) = probe_mp4(&mut Cursor::new(data), data.len() as u64) {
        assert!(matches!(film.rotation, 0 | 90 | 180 | 270), "{film:?}");
        assert!(serde_json::to_string(&film).is_ok(), "{film:?}");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_of_files_holds() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/probing");
        let files = std::fs::read_dir(folder).expect("the corpus is here");
        let mut ran = 0;
        for file in files.map(|file| file.expect("a file").path()) {
            println!("{}", file.display());
            super::probing(&std::fs::read(&file).expect("it can be read"));
            ran += 1;
        }
        assert!(ran >= 10, "only {ran} files");
    }
}
