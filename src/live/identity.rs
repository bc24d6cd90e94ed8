//! Whether two answers came from the same run of a process.
//!
//! debug=0 has the places where the program, its libraries and the kernel's vdso are mapped
//! (runtime/pprof/proto.go, readMapping, from /proc/self/maps on Linux). The kernel chooses most of them
//! anew for each process, so another place is another process. Elsewhere than on Linux Go writes one
//! mapping that tells nothing, and a restart shows only as a time in which nobody answered.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use prost::Message;

/// Most bytes of a profile that are unpacked to look at its mappings.
const MOST: u64 = 256 << 20;

/// `message Profile` of profile.proto as far as it counts here.
#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
}

#[derive(Clone, PartialEq, Message)]
struct Mapping {
    #[prost(uint64, tag = "2")]
    memory_start: u64,
    #[prost(uint64, tag = "3")]
    memory_limit: u64,
}

/// Where the process that wrote `profile`, which is debug=0 as it came, has its code; `None` if that
/// is not said.
pub fn identity(profile: &[u8]) -> Option<Vec<(u64, u64)>> {
    let mut bytes = Vec::new();
    if profile.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(profile).take(MOST).read_to_end(&mut bytes).ok()?;
    }
    let message = if bytes.is_empty() { profile } else { &bytes };
    let mappings = Profile::decode(message).ok()?.mapping;
    let mut places: Vec<_> =
        mappings.iter().map(|mapping| (mapping.memory_start, mapping.memory_limit)).collect();
    places.sort_unstable();
    (places.len() > 1).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_place_is_another_process() {
        let profile = |start| Profile {
            mapping: vec![
                Mapping { memory_start: 0x40_0000, memory_limit: 0x50_0000 },
                Mapping { memory_start: start, memory_limit: start + 0x2000 },
            ],
        };
        let one = profile(0x7fff_0000).encode_to_vec();
        let two = profile(0x7ffe_0000).encode_to_vec();
        assert_eq!(identity(&one), identity(&one));
        assert!(identity(&one).is_some() && identity(&one) != identity(&two));
        assert_eq!(identity(&Profile { mapping: vec![Mapping::default()] }.encode_to_vec()), None);
        assert_eq!(identity(b"\xff\xff\xff"), None);
        assert_eq!(identity(&[0x1f, 0x8b, 0]), None);
    }
}
