//! `multipart/form-data`, read as it comes (RFC 7578).
//!
//! Strict: a part without a name, a body that ends early or bytes that no rule
//! allows are refused, because a client that sends them is wrong.

use axum::body::Body;
use futures::StreamExt as _;

use super::{Received, Receiver};

/// How large the headers of a part may be, and a field that is no file.
const HEADERS: usize = 8 << 10;
const FIELD: usize = 256 << 10;

/// The parts of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    /// Names and values of plain fields, in order.
    pub(crate) fields: Vec<(String, String)>,
    /// The files, in order.
    pub(crate) files: Vec<File>,
}

/// A file in a form.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// The name of its field.
    pub(crate) field: String,
    /// The content type that the client gave it; empty without one.
    pub(crate) content_type: String,
    pub(crate) received: Received,
}

/// The boundary that a content type names; `None` for another content type.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (1..=70).contains(&value.len()).then_some(value)
}

/// Reads a form; a file of at most `keep` bytes is kept whole. The error says what is wrong.
pub(crate) async fn read(body: Body, boundary: &str, keep: u64) -> Result<Form, String> {
    let mut parser = Parser::new(boundary, keep);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        parser.feed(&chunk.map_err(|error| error.to_string())?)?;
    }
    parser.finish()
}

/// What is expected next.
enum Step {
    /// The first boundary.
    Preamble,
    /// What follows a boundary: a line end, or the two hyphens that end the form.
    AfterBoundary,
    Headers,
    Content(Part),
    /// Nothing but blanks.
    Epilogue,
}

/// A part that is being read.
struct Part {
    name: String,
    content_type: String,
    what: What,
}

enum What {
    Field(Vec<u8>),
    File(Box<Receiver>),
}

struct Parser {
    /// A line end and the boundary: what ends a content.
    mark: Vec<u8>,
    keep: u64,
    step: Step,
    /// Bytes that came and were not used yet.
    rest: Vec<u8>,
    form: Form,
}

impl Parser {
    fn new(boundary: &str, keep: u64) -> Self {
        let mark = format!("\r\n--{boundary}").into_bytes();
        // The first boundary may stand at the very beginning, where no line ends.
        Self { mark, keep, step: Step::Preamble, rest: b"\r\n".to_vec(), form: Form::default() }
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.rest.extend_from_slice(bytes);
        while self.advance()? {}
        Ok(())
    }

    /// Uses some of what came; whether it is worth trying again.
    fn advance(&mut self) -> Result<bool, String> {
        match &mut self.step {
            Step::Preamble => self.preamble(),
            Step::AfterBoundary => self.after_boundary(),
            Step::Headers => self.headers(),
            Step::Content(_) => self.content(),
            Step::Epilogue => {
                let blank = self.rest.iter().all(u8::is_ascii_whitespace);
                self.rest.clear();
                if blank { Ok(false) } else { Err("bytes follow the end of the form".to_owned()) }
            }
        }
    }

    fn preamble(&mut self) -> Result<bool, String> {
        if self.rest.len() < self.mark.len() {
            return Ok(false);
        }
        if !self.rest.starts_with(&self.mark) {
            return Err("the form does not begin with its boundary".to_owned());
        }
        self.rest.drain(..self.mark.len());
        self.step = Step::AfterBoundary;
        Ok(true)
    }

    fn after_boundary(&mut self) -> Result<bool, String> {
        let Some(two) = self.rest.get(..2) else { return Ok(false) };
        self.step = match two {
            b"\r\n" => Step::Headers,
            b"--" => Step::Epilogue,
            _ => return Err("a boundary is followed by something else than a line end".to_owned()),
        };
        self.rest.drain(..2);
        Ok(true)
    }

    fn headers(&mut self) -> Result<bool, String> {
        let Some(end) = position(&self.rest, b"\r\n\r\n") else {
            let long = self.rest.len() > HEADERS;
            return if long { Err("the headers of a part are too long".to_owned()) } else { Ok(false) };
        };
        let head: Vec<u8> = self.rest.drain(..end + 4).take(end).collect();
        let head = String::from_utf8(head).map_err(|_| "the headers of a part are not UTF-8".to_owned())?;
        let (name, file, content_type) = described(&head)?;
        let what = match file {
            true => What::File(Box::new(Receiver::new(self.keep))),
            false => What::Field(Vec::new()),
        };
        self.step = Step::Content(Part { name, content_type, what });
        Ok(true)
    }

    fn content(&mut self) -> Result<bool, String> {
        let end = position(&self.rest, &self.mark);
        // Without its end in sight, what could be a part of the boundary has to wait.
        let sure = end.unwrap_or_else(|| self.rest.len().saturating_sub(self.mark.len() - 1));
        if let Step::Content(part) = &mut self.step {
            part.take(&self.rest[..sure])?;
        }
        self.rest.drain(..sure);
        if end.is_none() {
            return Ok(false);
        }
        self.rest.drain(..self.mark.len());
        if let Step::Content(part) = std::mem::replace(&mut self.step, Step::AfterBoundary) {
            part.close(&mut self.form)?;
        }
        Ok(true)
    }

    fn finish(self) -> Result<Form, String> {
        match self.step {
            Step::Epilogue => Ok(self.form),
            _ => Err("the form ends early".to_owned()),
        }
    }
}

impl Part {
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        match &mut self.what {
            What::File(receiver) => receiver.take(bytes),
            What::Field(value) if value.len() + bytes.len() > FIELD => {
                return Err(format!("the field {:?} is too long", self.name));
            }
            What::Field(value) => value.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn close(self, form: &mut Form) -> Result<(), String> {
        let (name, content_type) = (self.name, self.content_type);
        match self.what {
            What::File(receiver) => {
                form.files.push(File { field: name, content_type, received: receiver.finish() });
            }
            What::Field(value) => {
                let value = String::from_utf8(value).map_err(|_| format!("the field {name:?} is not UTF-8"))?;
                form.fields.push((name, value));
            }
        }
        Ok(())
    }
}

/// The name of a part, whether it is a file, and its content type.
fn described(head: &str) -> Result<(String, bool, String), String> {
    let (mut disposition, mut content_type) = ("", "");
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| format!("{line:?} is no header"))?;
        match name.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => disposition = value.trim(),
            "content-type" => content_type = value.trim(),
            _ => {}
        }
    }
    let rest = disposition.strip_prefix("form-data").ok_or("a part has no Content-Disposition: form-data")?;
    let name = quoted(rest, "name").ok_or("a part has no name")?;
    let file = quoted(rest, "filename").is_some() || rest.contains("filename*=");
    Ok((name, file, content_type.to_owned()))
}

/// A parameter of a header, with or without quotes.
fn quoted(text: &str, name: &str) -> Option<String> {
    let begin = format!("{name}=");
    let at = text.match_indices(&begin).find(|(at, _)| text[..*at].ends_with([';', ' ']))?.0 + begin.len();
    let rest = &text[at..];
    match rest.strip_prefix('"') {
        Some(inside) => Some(inside.split_once('"')?.0.to_owned()),
        None => Some(rest.split(';').next()?.trim().to_owned()),
    }
}

/// Where `part` begins in `text`. Looks for its first byte first: most bytes of a file are another.
fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|byte| *byte == part[0])?;
        if text[at..].starts_with(part) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORM: &[u8] = b"--XX\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nA cat\r\n--XX\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a b.png\"\r\nContent-Type: image/png\r\n\r\n\
        \x89PNG\r\n--X\r\n\r\n--XX--\r\n";

    fn parse(chunks: &[&[u8]]) -> Result<Form, String> {
        let mut parser = Parser::new("XX", 1_000);
        for chunk in chunks {
            parser.feed(chunk)?;
        }
        parser.finish()
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let form = parse(&[FORM]).expect("a form");
        assert_eq!(form.fields, [("description".to_owned(), "A cat".to_owned())]);
        assert_eq!((form.files[0].field.as_str(), form.files[0].content_type.as_str()), ("file", "image/png"));
        assert_eq!(form.files[0].received.whole.as_deref(), Some(b"\x89PNG\r\n--X\r\n".as_slice()));
    }

    #[test]
    fn boundaries_are_read_from_the_content_type() {
        assert_eq!(boundary("multipart/form-data; boundary=XX"), Some("XX".into()));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; boundary=\"X X\""), Some("X X".into()));
        for wrong in ["multipart/form-data", "multipart/mixed; boundary=XX", "multipart/form-data; boundary=", ""] {
            assert_eq!(boundary(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn broken_forms_are_refused() {
        for (wrong, words) in [
            (b"".as_slice(), "ends early"),
            (b"XX\r\n", "does not begin"),
            (b"--XX\r\n", "ends early"),
            (b"hello, this is no form", "does not begin"),
            (b"--XXXX", "followed by"),
            (b"--XX\r\nContent-Type: a\r\n\r\n", "no Content-Disposition"),
            (b"--XX\r\nContent-Disposition: form-data\r\n\r\n", "no name"),
            (b"--XX\r\nnonsense\r\n\r\n", "no header"),
            (b"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--XX--", "not UTF-8"),
            (b"--XX--\r\nmore", "follow the end"),
        ] {
            let error = parse(&[wrong]).expect_err("refused");
            assert!(error.contains(words), "{:?}: {error}", String::from_utf8_lossy(wrong));
        }
        let long = [b"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n".to_vec(), vec![b'a'; FIELD + 9]].concat();
        assert!(parse(&[&long]).expect_err("refused").contains("too long"));
        let endless = [b"--XX\r\n".to_vec(), vec![b'a'; HEADERS + 9]].concat();
        assert!(parse(&[&endless]).expect_err("refused").contains("headers"));
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_does_not_matter(cuts in prop::collection::vec(0..FORM.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.extend([0, FORM.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &FORM[pair[0]..pair[1]]).collect();
            let form = parse(&chunks).expect("a form");
            prop_assert_eq!(form.files[0].received.bytes, 11);
            prop_assert_eq!(form.fields.len(), 1);
        }
    }
}
