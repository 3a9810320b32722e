//! Making small videos: an index that says what it should, and nothing behind it.

/// A video to make.
#[derive(Clone, Copy)]
pub(crate) struct Film {
    pub(crate) seconds: u32,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) frames_per_second: u32,
    pub(crate) codec: &'static [u8; 4],
    /// Codec, rate and channels.
    pub(crate) sound: Option<(&'static [u8; 4], u16, u16)>,
    /// How many bytes of film there are.
    pub(crate) data: usize,
    /// Whether the index stands behind them.
    pub(crate) index_last: bool,
    /// Whether the picture has an edit list.
    pub(crate) edited: bool,
}

impl Default for Film {
    fn default() -> Self {
        Self {
            seconds: 10,
            width: 720,
            height: 1_280,
            frames_per_second: 30,
            codec: b"avc1",
            sound: Some((b"mp4a", 48_000, 2)),
            data: 1_000,
            index_last: false,
            edited: false,
        }
    }
}

impl Film {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let picture = entry(self.codec, &[(32, self.width), (34, self.height)]);
        let edits = if self.edited { wrap(b"edts", &wrap(b"elst", &[0; 8])) } else { Vec::new() };
        let frames = self.seconds * self.frames_per_second;
        let mut tracks = wrap(b"trak", &[edits, track(b"vide", &picture, self.seconds, frames)].concat());
        if let Some((codec, rate, channels)) = self.sound {
            let description = entry(codec, &[(24, channels), (32, rate)]);
            tracks.extend(wrap(b"trak", &track(b"soun", &description, self.seconds, 1)));
        }
        let index = wrap(b"moov", &[wrap(b"mvhd", &header(self.seconds)), tracks].concat());
        let (start, data) = (wrap(b"ftyp", b"isom\0\0\0\0"), wrap(b"mdat", &vec![7; self.data]));
        let parts = if self.index_last { [start, data, index] } else { [start, index, data] };
        parts.concat()
    }
}

fn wrap(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap();
    [&size.to_be_bytes(), kind.as_slice(), content].concat()
}

/// A header in whole seconds.
fn header(seconds: u32) -> Vec<u8> {
    [[0; 12].as_slice(), &1_u32.to_be_bytes(), &seconds.to_be_bytes(), &[0; 4]].concat()
}

/// How a track is encoded; fields are counted from the beginning of the box.
fn entry(kind: &[u8; 4], fields: &[(usize, u16)]) -> Vec<u8> {
    let mut content = vec![0; 36];
    for (at, value) in fields {
        content[at - 8..at - 6].copy_from_slice(&value.to_be_bytes());
    }
    wrap(b"stsd", &[[0; 8].as_slice(), &wrap(kind, &content)].concat())
}

/// What is inside of a track.
fn track(handler: &[u8; 4], description: &[u8], seconds: u32, frames: u32) -> Vec<u8> {
    let table = [&[0, 0, 0, 0, 0, 0, 0, 1], frames.to_be_bytes().as_slice(), &[0, 0, 0, 1]].concat();
    let samples = wrap(b"minf", &wrap(b"stbl", &[description, &wrap(b"stts", &table)].concat()));
    let handler = wrap(b"hdlr", &[[0; 8].as_slice(), handler, &[0; 13]].concat());
    wrap(b"mdia", &[wrap(b"mdhd", &header(seconds)), handler, samples].concat())
}
