//! Decompression: gzip, zstd, bzip2 and xz, each of several members one after the other.

use super::limits::Meter;
use super::window::Window;
use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;
use std::io;
use std::io::BufRead;
use std::io::Read;

/// A kind of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

/// Bytes that tell the kind of compression.
const MAGIC: usize = 6;
/// Most memory in KiB that an xz stream may ask for; `xz -9` needs 65 MiB.
const XZ_MEMORY: u32 = 1 << 20;
/// Of a member that turns out to be damaged, the decoders lose what they had put into the buffer of
/// that read. So the first bytes, which may be all there are, are read in small steps.
const FIRST_BYTES: u64 = 64 << 10;
const FIRST_STEP: usize = 1 << 10;
const STEP: usize = 16 << 10;

impl Codec {
    /// The compression of an input that starts with `head`.
    pub(super) fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // The second is a skippable frame; pzstd writes one before each of its frames.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            // The second is an empty stream.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    /// For the user.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }
}

/// The decompressed bytes of all members that follow each other: `cat a.gz b.gz`, pzstd, pbzip2.
///
/// What follows the last member is ignored if it is no member of the same kind: tape drives and
/// some uploaders pad with zeros. A read fails where the data is damaged, and must not be repeated.
pub(super) struct Decompress<'a> {
    codec: Codec,
    member: Option<Decoder<'a>>,
    bytes: u64,
    meter: Meter,
}

/// The decoder of one member.
enum Decoder<'a> {
    Gzip(Box<GzDecoder<Window<'a>>>),
    Zstd(zstd::Decoder<'static, Window<'a>>),
    Bzip2(BzDecoder<Window<'a>>),
    Xz(Box<XzReader<Window<'a>>>),
}

impl<'a> Decompress<'a> {
    /// Decompresses `window`, which starts with the magic bytes of `codec`. `meter` counts the members.
    pub(super) fn new(codec: Codec, window: Window<'a>, meter: &Meter) -> io::Result<Self> {
        let mut decompress = Self { codec, member: None, bytes: 0, meter: meter.clone() };
        decompress.start(window)?;
        Ok(decompress)
    }

    /// Goes on to the member behind the one that has ended. False if there is none.
    fn next_member(&mut self) -> io::Result<bool> {
        let Some(member) = self.member.take() else { return Ok(false) };
        self.start(member.into_window())
    }

    /// Starts the next member of `window`. False if there is none.
    fn start(&mut self, mut window: Window<'a>) -> io::Result<bool> {
        loop {
            skip_zeros(&mut window)?;
            if Codec::sniff(window.peek(MAGIC)?) != Some(self.codec) {
                return Ok(false);
            }
            self.meter.count_member()?;
            if !skip_empty(&mut window)? {
                self.member = Some(Decoder::new(self.codec, window)?);
                return Ok(true);
            }
        }
    }
}

/// Skips the padding between members.
fn skip_zeros(window: &mut Window<'_>) -> io::Result<()> {
    loop {
        let buffered = window.fill_buf()?;
        let zeros = buffered.iter().take_while(|byte| **byte == 0).count();
        if zeros == 0 {
            return Ok(());
        }
        window.consume(zeros);
    }
}

/// A bzip2 stream without blocks, but for the fourth byte, which says how large blocks may be.
const EMPTY_BZIP2: [u8; 14] = *b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0";

/// Skips the member at the start of `window` if there is nothing in it, so that no decoder is made for it:
/// a skippable frame of zstd, or an empty stream of bzip2. False if there may be something.
fn skip_empty(window: &mut Window<'_>) -> io::Result<bool> {
    match *window.peek(EMPTY_BZIP2.len())? {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] => {
            window.consume(8);
            skip(window, u32::from_le_bytes([a, b, c, d]).into())?;
            Ok(true)
        }
        [b'B', b'Z', b'h', _, ref rest @ ..] if EMPTY_BZIP2.ends_with(rest) && rest.len() == 10 => {
            window.consume(EMPTY_BZIP2.len());
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Skips `count` bytes.
fn skip(window: &mut Window<'_>, mut count: u64) -> io::Result<()> {
    while count > 0 {
        let buffered = window.fill_buf()?.len();
        if buffered == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let step = usize::try_from(count).unwrap_or(usize::MAX).min(buffered);
        window.consume(step);
        count -= step as u64;
    }
    Ok(())
}

impl Read for Decompress<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = if self.bytes < FIRST_BYTES { FIRST_STEP } else { STEP };
        let length = buffer.len().min(step);
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            self.bytes += count as u64;
            if count > 0 || !self.next_member()? {
                return Ok(count);
            }
        }
        Ok(0)
    }
}

impl<'a> Decoder<'a> {
    fn new(codec: Codec, window: Window<'a>) -> io::Result<Self> {
        Ok(match codec {
            Codec::Gzip => Self::Gzip(Box::new(GzDecoder::new(window))),
            Codec::Zstd => Self::Zstd(zstd::Decoder::with_buffer(window)?.single_frame()),
            Codec::Bzip2 => Self::Bzip2(BzDecoder::new(window)),
            Codec::Xz => Self::Xz(Box::new(XzReader::new_mem_limit(window, false, XZ_MEMORY))),
        })
    }

    /// The rest of the input, behind this member. Only to be called when this member has ended.
    fn into_window(self) -> Window<'a> {
        match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
            Self::Bzip2(decoder) => decoder.into_inner(),
            Self::Xz(decoder) => decoder.into_inner(),
        }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
        }
    }
}
