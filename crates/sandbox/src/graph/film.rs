//! What the index of an MP4 or QuickTime file says about the film: a walk over its boxes
//! (ISO/IEC 14496-12) that keeps the `moov` box only, however long the file is.

/// The largest index that is looked at.
const INDEX_LIMIT: u64 = 16 << 20;

/// How a picture or a sound is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    H264,
    Hevc,
    Aac,
    Other,
}

/// The sound of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sound {
    pub(crate) codec: Codec,
    pub(crate) rate: u32,
    pub(crate) channels: u16,
}

/// A film, as its index describes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Film {
    pub(crate) seconds: f64,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) codec: Codec,
    pub(crate) frames_per_second: f64,
    pub(crate) sound: Option<Sound>,
    /// Whether a track has an edit list.
    pub(crate) edited: bool,
    /// Whether the index stands before the film itself.
    pub(crate) index_first: bool,
}

/// Where the walk over the outermost boxes stands.
#[derive(Clone, Debug)]
enum Step {
    /// In a header, of which this much is there.
    Header(Vec<u8>),
    /// In a box that is not looked at: what is left of it.
    Skip(u64),
    /// In the index: what is left of it.
    Index(u64),
    /// Behind the index, or in something that is no such file.
    Done,
}

/// Finds the index in a file that comes in pieces.
#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    step: Step,
    index: Vec<u8>,
    whole: bool,
    /// Whether the film itself came before the index.
    late: bool,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { step: Step::Header(Vec::new()), index: Vec::new(), whole: false, late: false }
    }
}

impl Scanner {
    /// The next bytes of the file.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match &mut self.step {
                Step::Done => return,
                Step::Header(head) => {
                    head.push(bytes[0]);
                    bytes = &bytes[1..];
                    self.enter();
                }
                Step::Skip(left) => {
                    let used = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= used as u64;
                    bytes = &bytes[used..];
                    self.leave();
                }
                Step::Index(left) => {
                    let used = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    self.index.extend_from_slice(&bytes[..used]);
                    *left -= used as u64;
                    bytes = &bytes[used..];
                    self.leave();
                }
            }
        }
    }

    /// Goes into the box whose header is complete.
    fn enter(&mut self) {
        let Step::Header(head) = &self.step else { return };
        let Some((size, header)) = size(head) else { return };
        let is_index = head[4..8] == *b"moov";
        self.late |= head[4..8] == *b"mdat";
        self.step = match size.checked_sub(header) {
            Some(left) if is_index && left <= INDEX_LIMIT => Step::Index(left),
            Some(left) if !is_index => Step::Skip(left),
            _ => Step::Done,
        };
        self.leave();
    }

    /// Comes out of a box that is over.
    fn leave(&mut self) {
        match self.step {
            Step::Skip(0) => self.step = Step::Header(Vec::new()),
            Step::Index(0) => {
                self.whole = true;
                self.step = Step::Done;
            }
            _ => {}
        }
    }

    /// What the index says; nothing without a whole one that can be read.
    pub(crate) fn film(&self) -> Option<Film> {
        let film = self.whole.then(|| film(&self.index)).flatten()?;
        Some(Film { index_first: !self.late, ..film })
    }
}

/// The size of a box and of its header; `None` while that is not known. A box that reaches to the end of the
/// file has no size of its own.
fn size(head: &[u8]) -> Option<(u64, u64)> {
    match u64::from(be32(head, 0).filter(|_| head.len() >= 8)?) {
        0 => Some((u64::MAX, 8)),
        1 => Some((be64(head, 8)?, 16)),
        size => Some((size, 8)),
    }
}

/// The boxes of one kind inside another.
fn children<'a>(inside: &'a [u8], kind: &'a [u8; 4]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = inside;
    std::iter::from_fn(move || {
        loop {
            let (size, header) = size(rest.get(..16.min(rest.len()))?)?;
            let size = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
            let content = rest.get(usize::try_from(header).ok()?..size)?;
            let found = rest.get(4..8)? == kind;
            rest = &rest[size..];
            if found {
                return Some(content);
            }
        }
    })
}

fn child<'a>(inside: &'a [u8], path: &[&'a [u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(inside, |inside, kind| children(inside, kind).next())
}

fn film(index: &[u8]) -> Option<Film> {
    let of = |handler: &[u8; 4]| {
        children(index, b"trak")
            .filter_map(|track| child(track, &[b"mdia"]))
            .find(|media| child(media, &[b"hdlr"]).and_then(|hdlr| hdlr.get(8..12)) == Some(handler))
    };
    let (seconds, picture) = (duration(child(index, &[b"mvhd"])?)?, of(b"vide")?);
    let entry = sample_entry(picture)?;
    let track = duration(child(picture, &[b"mdhd"])?)?;
    let frames = f64::from(samples(child(picture, &[b"minf", b"stbl", b"stts"])?)?);
    Some(Film {
        seconds,
        width: u32::from(be16(entry, 32)?),
        height: u32::from(be16(entry, 34)?),
        codec: codec(entry),
        frames_per_second: if track > 0.0 { frames / track } else { 0.0 },
        sound: of(b"soun").and_then(sample_entry).and_then(sound),
        edited: children(index, b"trak").any(|track| child(track, &[b"edts", b"elst"]).is_some()),
        index_first: true,
    })
}

/// The first description of how a track is encoded, from its size on.
fn sample_entry(media: &[u8]) -> Option<&[u8]> {
    child(media, &[b"minf", b"stbl", b"stsd"])?.get(8..)
}

fn codec(entry: &[u8]) -> Codec {
    match entry.get(4..8) {
        Some(b"avc1" | b"avc3") => Codec::H264,
        Some(b"hvc1" | b"hev1") => Codec::Hevc,
        Some(b"mp4a") => Codec::Aac,
        _ => Codec::Other,
    }
}

fn sound(entry: &[u8]) -> Option<Sound> {
    Some(Sound { codec: codec(entry), rate: u32::from(be16(entry, 32)?), channels: be16(entry, 24)? })
}

/// The seconds of an `mvhd` or `mdhd` box, in its short or its long form.
fn duration(header: &[u8]) -> Option<f64> {
    let (scale, length) = match header.first()? {
        0 => (be32(header, 12)?, u64::from(be32(header, 16)?)),
        _ => (be32(header, 20)?, be64(header, 24)?),
    };
    let seconds = length as f64 / f64::from(scale);
    seconds.is_finite().then_some(seconds)
}

/// How many frames a `stts` box counts.
fn samples(table: &[u8]) -> Option<u32> {
    let count = usize::try_from(be32(table, 4)?).ok()?;
    let rows = table.get(8..)?.chunks_exact(8).take(count);
    rows.map(|row| be32(row, 0)).try_fold(0u32, |sum, count| sum.checked_add(count?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrap(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).expect("small");
        [&size.to_be_bytes(), kind.as_slice(), content].concat()
    }

    fn header(scale: u32, length: u32) -> Vec<u8> {
        [[0; 12].as_slice(), &scale.to_be_bytes(), &length.to_be_bytes(), &[0; 4]].concat()
    }

    fn entry(kind: &[u8; 4], fields: &[(usize, u16)]) -> Vec<u8> {
        let mut content = vec![0; 36];
        for (at, value) in fields {
            content[at - 8..at - 6].copy_from_slice(&value.to_be_bytes());
        }
        wrap(b"stsd", &[[0; 8].as_slice(), &wrap(kind, &content)].concat())
    }

    fn track(handler: &[u8; 4], description: &[u8], frames: u32) -> Vec<u8> {
        let table = [&[0, 0, 0, 0, 0, 0, 0, 1], frames.to_be_bytes().as_slice(), &[0, 0, 0, 1]].concat();
        let samples = wrap(b"minf", &wrap(b"stbl", &[description, &wrap(b"stts", &table)].concat()));
        let handler = wrap(b"hdlr", &[[0; 8].as_slice(), handler, &[0; 13]].concat());
        wrap(b"trak", &wrap(b"mdia", &[wrap(b"mdhd", &header(90_000, 180_000)), handler, samples].concat()))
    }

    fn file() -> Vec<u8> {
        let picture = track(b"vide", &entry(b"avc1", &[(32, 720), (34, 1_280)]), 60);
        let sound = track(b"soun", &entry(b"mp4a", &[(24, 2), (32, 48_000)]), 90);
        let index = wrap(b"moov", &[wrap(b"mvhd", &header(1_000, 2_000)), sound, picture].concat());
        [wrap(b"ftyp", b"isom\0\0\0\0"), wrap(b"mdat", &[7; 99]), index, wrap(b"free", b"")].concat()
    }

    const WANT: Film = Film {
        seconds: 2.0,
        width: 720,
        height: 1_280,
        codec: Codec::H264,
        frames_per_second: 30.0,
        sound: Some(Sound { codec: Codec::Aac, rate: 48_000, channels: 2 }),
        edited: false,
        index_first: false,
    };

    #[test]
    fn an_index_behind_the_film_is_found() {
        let mut scanner = Scanner::default();
        scanner.take(&file());
        assert_eq!(scanner.film(), Some(WANT));
    }

    #[test]
    fn what_has_no_whole_index_is_no_film() {
        let whole = file();
        for bytes in [&b"hello, this is no film at all"[..], &whole[..whole.len() - 20], &whole[..100], b""] {
            let mut scanner = Scanner::default();
            scanner.take(bytes);
            assert_eq!(scanner.film(), None);
        }
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_does_not_matter(step in 1usize..60) {
            let mut scanner = Scanner::default();
            file().chunks(step).for_each(|chunk| scanner.take(chunk));
            prop_assert_eq!(scanner.film(), Some(WANT));
        }

        #[test]
        fn no_bytes_make_it_panic(at in 0usize..600, byte: u8, tail in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = file();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.extend(tail);
            let mut scanner = Scanner::default();
            scanner.take(&bytes);
            let _ = scanner.film();
        }
    }
}
