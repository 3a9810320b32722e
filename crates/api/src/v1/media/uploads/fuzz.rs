//! What must hold for any headers of an upload; see `fuzz/`.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use postrider_domain::Code;

use super::tus;

/// The headers that are read, in the order of the lines that fill them.
const NAMES: [&str; 7] = [
    "upload-length",
    "upload-metadata",
    "upload-offset",
    "upload-checksum",
    "content-length",
    "content-type",
    "tus-resumable",
];

/// One line for each header, an empty one where it is missing; what no header may hold is left out.
///
/// Whatever is taken means the same when it is told back to the client and read again, and what is refused names the
/// reason that documents have.
#[cfg_attr(not(feature = "fuzz"), expect(unreachable_pub, reason = "only the targets in `fuzz/` reach it"))]
pub fn tus_headers(data: &[u8]) {
    let headers = headers(data);
    let refused = |code: Code| matches!(code, Code::UploadHeader | Code::UnsupportedMediaType);
    match tus::creation(&headers) {
        Ok(new) => told_again(&headers, &new),
        Err(problem) => assert!(refused(problem.code), "{problem:?}"),
    }
    match tus::piece(&headers, Body::empty()) {
        Ok(piece) => {
            let said = headers["upload-offset"].to_str().expect("a number is text").trim();
            assert!(said.bytes().all(|byte| byte.is_ascii_digit()), "{said:?} is no whole number");
            assert_eq!(said.parse(), Ok(piece.offset));
        }
        Err(problem) => assert!(refused(problem.code), "{problem:?}"),
    }
    assert_eq!(tus::version(&headers).is_ok(), headers.get("tus-resumable").is_some_and(|said| said == tus::VERSION));
    let _ = tus::brings_bytes(&headers);
}

fn headers(data: &[u8]) -> HeaderMap {
    let lines = data.split(|byte| *byte == b'\n').zip(NAMES).filter(|(line, _)| !line.is_empty());
    let values = lines.filter_map(|(line, name)| Some((name, HeaderValue::from_bytes(line).ok()?)));
    values.map(|(name, value)| (HeaderName::from_static(name), value)).collect()
}

fn told_again(headers: &HeaderMap, new: &postrider_app::media::uploads::NewUpload) {
    for text in [&new.name, &new.mime, &new.alt] {
        assert!(!text.contains('\0'), "no database keeps {text:?}");
    }
    let mut again = headers.clone();
    if let Some(meta) = &new.meta {
        again.insert("upload-metadata", HeaderValue::from_str(meta).expect("what came as a header is one"));
    }
    let read = tus::creation(&again).expect("what was taken is taken again");
    let said = |new: &postrider_app::media::uploads::NewUpload| {
        format!("{:?}", (new.bytes, &new.name, &new.mime, &new.alt, &new.meta))
    };
    assert_eq!(said(&read), said(new));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_of_upload_headers_holds() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/tus_headers");
        let files = std::fs::read_dir(folder).expect("the corpus is here");
        let mut ran = 0;
        for file in files.map(|file| file.expect("a file").path()) {
            println!("{}", file.display());
            super::tus_headers(&std::fs::read(&file).expect("it can be read"));
            ran += 1;
        }
        assert!(ran >= 10, "only {ran} files");
    }
}
