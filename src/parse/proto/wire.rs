//! The wire format as far as it is needed before decoding: to recognise a profile by its first bytes,
//! and to find the last whole field of one that is cut.

/// What a field holds.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Varint,
    /// The bytes that are there, and how many there should be.
    Bytes(&'a [u8], u64),
    Fixed,
}

/// A varint and the rest; `None` if it is cut or longer than 64 bits.
fn varint(input: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in input.iter().enumerate().take(10) {
        if index == 9 && *byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, input.get(index + 1..)?));
        }
    }
    None
}

/// The number and the value of the field at the start, and the rest, which is empty if the value is
/// cut.
fn field(input: &[u8]) -> Option<(u64, Value<'_>, &[u8])> {
    let (key, rest) = varint(input)?;
    let number = key >> 3;
    match key & 7 {
        0 => varint(rest).map(|(_, rest)| (number, Value::Varint, rest)),
        1 => rest.get(8..).map(|rest| (number, Value::Fixed, rest)),
        5 => rest.get(4..).map(|rest| (number, Value::Fixed, rest)),
        2 => {
            let (length, rest) = varint(rest)?;
            let end = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
            let (bytes, rest) = rest.split_at_checked(end)?;
            Some((number, Value::Bytes(bytes, length), rest))
        }
        _ => None,
    }
}

/// Length of the whole fields at the start of the message `bytes`; all of it if what follows them is
/// no cut field but no field at all, so that the decoder says what is wrong.
pub(super) fn whole_fields(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while !rest.is_empty() {
        match field(rest) {
            Some((_, Value::Bytes(bytes, length), _)) if (bytes.len() as u64) < length => break,
            Some((_, _, after)) => rest = after,
            // The longest field that is not of bytes has two varints.
            None if rest.len() < 20 => break,
            None => return bytes.len(),
        }
    }
    bytes.len() - rest.len()
}

/// Whether `head` is the start of a profile: its fields have the numbers and types of one, down to
/// the first messages in it.
pub(super) fn is_profile(head: &[u8]) -> bool {
    let mut rest = head;
    let mut messages = 0;
    while let Some((number, value, after)) = field(rest) {
        match (number, value) {
            (1..=5 | 11, Value::Bytes(bytes, length)) => match message(number, bytes) {
                Some(fields) if fields > 0 => messages += 1,
                // An empty message is odd, but may be: all of its fields are 0.
                Some(_) if length == 0 => {}
                // Cut inside its first field.
                _ if (bytes.len() as u64) < length && messages > 0 => {}
                _ => return false,
            },
            (6 | 13, Value::Bytes(..)) | (7..=10 | 12..=15, Value::Varint) => {}
            _ => return false,
        }
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    messages > 0
}

/// Number of fields at the start of the message `bytes` of the profile's field `outer`; `None` if one
/// of them is not of such a message.
fn message(outer: u64, bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let mut fields = 0;
    while let Some((number, value, after)) = field(rest) {
        match (outer, number, value) {
            (1 | 11, 1..=2, Value::Varint)
            | (2, 1..=2, Value::Varint | Value::Bytes(..))
            | (2, 3, Value::Bytes(..))
            | (3, 1..=10, Value::Varint)
            | (4, 1..=3 | 5, Value::Varint)
            | (4, 4, Value::Bytes(..))
            | (5, 1..=5, Value::Varint) => {}
            _ => return None,
        }
        fields += 1;
        rest = after;
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_profile() {
        for text in [
            "goroutine 1 [running]:\n",
            "\ngoroutine profile: total 1\n",
            "\n\n\n\n\n",
            "[{\"Stack0\":[1]}]",
            "<html>",
            "",
            "\u{0}",
            "*:\n{}\n{\"",
        ] {
            assert!(!is_profile(text.as_bytes()), "{text:?}");
        }
        // Go 1.27: period_type, period, sample_type.
        assert!(is_profile(&[0x5a, 4, 8, 1, 16, 2, 0x60, 1, 0x0a, 4, 8, 1, 16, 2]));
    }

    #[test]
    fn cut_fields() {
        assert_eq!(whole_fields(&[0x60, 1, 0x0a, 4, 8, 1]), 2);
        assert_eq!(whole_fields(&[0x60, 1, 0x0a]), 2);
        assert_eq!(whole_fields(&[0x60, 1, 0x60, 0xff]), 2);
        assert_eq!(whole_fields(&[0x60, 1, 0x60, 1]), 4);
        assert_eq!(varint(&[0xff; 11]), None);
        assert_eq!(whole_fields(&[0xff; 30]), 30);
    }
}
