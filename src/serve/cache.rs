//! What was made once and is asked for again: reports, and lists of goroutines for paging. Bounded by
//! size; what was not asked for the longest goes first.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::goroutines::Listing;

/// Bytes of all kept reports.
const REPORTS: usize = 256 << 20;
/// Goroutines in all kept lists: four bytes each, and as many for each order.
const ROWS: usize = 32_000_000;

/// What a result depends on: the version of the series, the dump's number, and the expression.
pub(super) type Key = (u64, usize, String);

/// A report as it is sent, or why there is none.
pub(super) type Report = Result<Arc<Vec<u8>>, String>;

/// A list of goroutines, or why there is none.
pub(super) type List = Result<Arc<Listing>, String>;

/// What was made.
#[derive(Default)]
pub(super) struct Cache {
    versions: AtomicU64,
    reports: Mutex<Kept<Report>>,
    lists: Mutex<Kept<List>>,
}

impl Cache {
    /// A version that no series had.
    pub(super) fn version(&self) -> u64 {
        self.versions.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The report, made if it is not there. Who asks for the same meanwhile waits for it.
    pub(super) fn report(&self, key: Key, make: impl FnOnce() -> Report) -> Report {
        let size = |report: &Report| report.as_ref().map_or(0, |bytes| bytes.len());
        get(&self.reports, key, make, &size, REPORTS)
    }

    /// The list, made if it is not there. Who asks for the same meanwhile waits for it.
    pub(super) fn list(&self, key: Key, make: impl FnOnce() -> List) -> List {
        let size = |list: &List| list.as_ref().map_or(0, |list| list.len());
        get(&self.lists, key, make, &size, ROWS)
    }
}

/// A value that is there, or that somebody makes at this moment.
type Slot<T> = Arc<OnceLock<T>>;

/// Values, the one that was asked for last at the end.
struct Kept<T>(Vec<(Key, Slot<T>)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

fn get<T: Clone>(
    kept: &Mutex<Kept<T>>,
    key: Key,
    make: impl FnOnce() -> T,
    size: &dyn Fn(&T) -> usize,
    most: usize,
) -> T {
    /// However small they are.
    const COUNT: usize = 64;
    let slot = {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.0.iter().position(|(known, _)| *known == key);
        let slot = found.map_or_else(Slot::default, |index| kept.0.remove(index).1);
        kept.0.push((key, Arc::clone(&slot)));
        slot
    };
    let value = slot.get_or_init(make).clone();
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let total = |kept: &Kept<T>| -> usize {
        kept.0.iter().filter_map(|(_, slot)| slot.get()).map(size).sum()
    };
    // The last one stays however large it is: it was asked for just now.
    while kept.0.len() > 1 && (kept.0.len() > COUNT || total(&kept) > most) {
        kept.0.remove(0);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_what_is_old_goes() {
        let kept = Mutex::new(Kept::default());
        let mut made = Vec::new();
        for word in ["a", "b", "a", "c", "a", "b"] {
            let make = || {
                made.push(word);
                word.repeat(40)
            };
            let key = (1, 0, word.to_owned());
            assert_eq!(get(&kept, key, make, &String::len, 100), word.repeat(40));
        }
        // a and b, then c in place of b, then b again.
        assert_eq!(made, ["a", "b", "c", "b"]);
        assert_eq!(kept.lock().unwrap().0.len(), 2);
        let large = get(&kept, (2, 0, String::new()), || "x".repeat(1000), &String::len, 100);
        assert_eq!((large.len(), kept.lock().unwrap().0.len()), (1000, 1));
    }
}
