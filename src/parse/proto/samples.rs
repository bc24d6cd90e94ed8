//! Samples, decoded one after the other into the same memory. What is not as pprof writes it is left
//! to prost, which is also what this is compared with.

use prost::DecodeError;
use prost::Message;

use super::wire::{Value, field, varint};
use crate::pprof::{Label, Sample};

/// The number of the samples' field in a profile.
const SAMPLE: u64 = 2;

/// The fields of the message `bytes` but for the samples. `None` if there is something odd in it.
pub(super) fn without_samples(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (number, value, after) = field(rest)?;
        match (number, value) {
            (SAMPLE, Value::Bytes(..)) => {}
            (SAMPLE, _) => return None,
            _ => out.extend_from_slice(rest.get(..rest.len() - after.len())?),
        }
        rest = after;
    }
    Some(out)
}

/// The samples of the message `bytes`, undecoded, and where each stands in it.
pub(super) fn samples(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let (number, value, after) = field(rest)?;
            rest = after;
            if let (SAMPLE, Value::Bytes(sample, _)) = (number, value) {
                return Some((bytes.len() - after.len() - sample.len(), sample));
            }
        }
    })
}

/// Decodes the sample `bytes` into `sample`, whose lists keep their room.
pub(super) fn decode(bytes: &[u8], sample: &mut Sample) -> Result<(), DecodeError> {
    if quick(bytes, sample).is_none() {
        sample.clear();
        sample.merge(bytes)?;
    }
    Ok(())
}

/// The same for samples as pprof writes them.
fn quick(bytes: &[u8], sample: &mut Sample) -> Option<()> {
    sample.clear();
    let mut rest = bytes;
    while let Some((key, after)) = rest.split_first() {
        // The field's number, and behind it 2 for bytes and 0 for a number.
        rest = match key {
            0x0a => packed(after, |id| sample.location_id.push(id))?,
            0x12 => packed(after, |value| sample.value.push(value.cast_signed()))?,
            0x08 => {
                let (id, after) = varint(after)?;
                sample.location_id.push(id);
                after
            }
            0x10 => {
                let (value, after) = varint(after)?;
                sample.value.push(value.cast_signed());
                after
            }
            0x1a => {
                let (len, after) = varint(after)?;
                let (text, after) = after.split_at_checked(usize::try_from(len).ok()?)?;
                sample.label.push(label(text)?);
                after
            }
            _ => return None,
        };
    }
    Some(())
}

/// Gives each number of a packed list to `each`; what is behind the list.
fn packed(input: &[u8], mut each: impl FnMut(u64)) -> Option<&[u8]> {
    let (len, rest) = varint(input)?;
    let (mut list, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    while !list.is_empty() {
        let (value, after) = varint(list)?;
        each(value);
        list = after;
    }
    Some(rest)
}

fn label(bytes: &[u8]) -> Option<Label> {
    let mut label = Label::default();
    let mut rest = bytes;
    while let Some((key, after)) = rest.split_first() {
        let (value, after) = varint(after)?;
        let value = value.cast_signed();
        match key {
            0x08 => label.key = value,
            0x10 => label.str = value,
            0x18 => label.num = value,
            0x20 => label.num_unit = value,
            _ => return None,
        }
        rest = after;
    }
    Some(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pprof::Profile;
    use proptest::prelude::*;

    fn sample() -> impl Strategy<Value = Sample> {
        let label = (any::<i64>(), 0..3i64, any::<i64>(), 0..2i64)
            .prop_map(|(key, str, num, num_unit)| Label { key, str, num, num_unit });
        let location_id = prop::collection::vec(any::<u64>(), 0..9);
        let value = prop::collection::vec(any::<i64>(), 0..3);
        let label = prop::collection::vec(label, 0..3);
        (location_id, value, label).prop_map(|(location_id, value, label)| Sample {
            location_id,
            value,
            label,
        })
    }

    proptest! {
        /// Samples, and samples in which bytes are changed, are decoded as prost does.
        #[test]
        fn as_prost_does(
            samples in prop::collection::vec(sample(), 0..4),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let profile = Profile { sample: samples, time_nanos: 7, ..Profile::default() };
            let message = profile.encode_to_vec();
            let rest = without_samples(&message).unwrap();
            prop_assert_eq!(Profile::decode(rest.as_slice()).unwrap().time_nanos, 7);
            prop_assert_eq!(super::samples(&message).count(), profile.sample.len());
            let mut scratch = Sample::default();
            for ((at, bytes), want) in super::samples(&message).zip(&profile.sample) {
                prop_assert_eq!(message.get(at..at + bytes.len()), Some(bytes));
                prop_assert!(quick(bytes, &mut scratch).is_some());
                prop_assert_eq!(&scratch, want);
                let mut bytes = bytes.to_vec();
                for (at, byte) in &edits {
                    if !bytes.is_empty() {
                        let at = at.index(bytes.len());
                        bytes[at] = *byte;
                    }
                }
                let want = Sample::decode(bytes.as_slice());
                let done = decode(&bytes, &mut scratch);
                prop_assert_eq!(done.clone().map(|()| scratch.clone()), want);
            }
        }
    }
}
