//! What container an input is, by its first bytes and never by its name.

use super::decompress::Codec;

/// Bytes of an input that are looked at: a tar header.
pub(super) const HEAD: usize = 512;

/// A container of other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Compressed(Codec),
    Tar,
    Zip,
    /// Text in UTF-16.
    Utf16(Order),
}

/// The order of the bytes in UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// The mark that editors on Windows put before text in UTF-8.
pub(super) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

impl Container {
    /// The container that starts with `head`, the first [`HEAD`] bytes of the input.
    pub(super) fn sniff(head: &[u8]) -> Option<Self> {
        if let Some(codec) = Codec::sniff(head) {
            return Some(Self::Compressed(codec));
        }
        // The second is an archive without members, the third one that was once split.
        if [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"]
            .iter()
            .any(|magic| head.starts_with(*magic))
        {
            return Some(Self::Zip);
        }
        // PowerShell's `>` writes this: `curl.exe … > goroutines.txt`. A dump starts with ASCII.
        match head {
            [0xff, 0xfe, 1..=0x7f, 0, ..] => return Some(Self::Utf16(Order::Little)),
            [0xfe, 0xff, 0, 1..=0x7f, ..] => return Some(Self::Utf16(Order::Big)),
            _ => {}
        }
        is_tar(head).then_some(Self::Tar)
    }
}

/// Whether `head` is a tar header, by its checksum: old archives have no magic.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..HEAD) else { return false };
    let Some(field) = header.get(148..156) else { return false };
    let digits = field.trim_ascii_start();
    let octal = digits.iter().take_while(|byte| (b'0'..=b'7').contains(*byte));
    let expected = octal.fold(0, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    // The checksum is taken with spaces for itself.
    expected > 0 && sum(header) - sum(field) + 8 * u32::from(b' ') == expected
}
