//! `profile.proto`, pprof's debug=0: decoded wholly, then lowered, as names come after their uses.

mod details;
mod kind;
mod lower;
mod samples;
#[cfg(test)]
mod tests;
mod wire;

use prost::Message;

use crate::error::{Error, Result};
use crate::model::{Dump, DumpBuilder, Format, Problem, Truncation, TruncationReason};
use crate::parse::infer;
use crate::parse::infer::era::Era;
use crate::pprof::Profile;
use lower::Lower;

/// Whether `head`, the first bytes of an input after decompression, can be the start of a profile.
pub(crate) fn sniff(head: &[u8]) -> bool {
    wire::is_profile(head)
}

/// The dump in the message `bytes`, the input `name`. `truncated`: what the decompressor said if the
/// compressed stream ended too early.
///
/// Of a message that is cut, as many whole fields are used as there are. Go writes the names last, so
/// they are usually missing then, and the frames are addresses.
pub(crate) fn parse(bytes: &[u8], name: &str, truncated: Option<&str>) -> Result<Dump> {
    let whole = wire::whole_fields(bytes);
    let cut = truncated.is_some() || whole < bytes.len();
    let damaged = |detail: String| Error::Damaged {
        input: name.to_owned(),
        container: "pprof profile",
        detail,
    };
    let message = bytes.get(..whole).unwrap_or_default();
    let decode = |bytes: &[u8]| Profile::decode(bytes).map_err(|error| damaged(error.to_string()));
    // Samples are most of it, and are decoded when they are lowered.
    let rest = samples::without_samples(message);
    let profile = decode(rest.as_deref().unwrap_or(message))?;
    let undecoded = if rest.is_some() { message } else { &[] };
    if cut && profile.sample.is_empty() && samples::samples(undecoded).next().is_none() {
        let detail = truncated.unwrap_or("it ends inside its first fields");
        return Err(damaged(detail.to_owned()));
    }
    let kind = kind::of(&profile, cut, name)?;
    let mut builder = DumpBuilder::new(name, Format::Proto);
    builder.set_bytes(bytes.len() as u64);
    builder.set_profile(&kind.name);
    let set = |nanos: i64| (nanos != 0).then_some(nanos);
    builder.set_time(set(profile.time_nanos), set(profile.duration_nanos));
    if cut {
        let reason = match truncated {
            Some(_) => TruncationReason::Compressed,
            None => TruncationReason::MidGoroutine,
        };
        builder.set_truncation(Truncation { reason, at_byte: bytes.len() as u64 });
        let detail = truncated.unwrap_or("the message ends inside a field");
        let message = format!("the profile is cut off: {detail}");
        builder.push_problem(problem(whole, bytes.len() - whole, message));
    }
    let lowered = Lower::new(&profile, &mut builder, bytes.len(), kind).samples(undecoded);
    let Ok(infers) = lowered else {
        // Its message says where in the profile the damage is.
        return Err(decode(message).err().unwrap_or_else(|| damaged("a sample is damaged".into())));
    };
    let start_lines = (!profile.function.is_empty())
        .then(|| profile.function.iter().any(|function| function.start_line > 0));
    // A program's own profile counts other things than goroutines.
    if infers && builder.dump().profile.starts_with("goroutine") {
        let era = Era::of(builder.dump(), start_lines);
        infer::infer_all(&mut builder, era);
    }
    Ok(builder.finish())
}

/// A problem with a place in the message; a message has one line.
fn problem(offset: usize, length: usize, message: impl Into<String>) -> Problem {
    Problem {
        message: message.into(),
        offset: offset as u64,
        length: length as u64,
        line: 1,
        column: offset as u64 + 1,
        excerpt: "".into(),
    }
}
