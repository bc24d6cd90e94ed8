//! Goroutines and who waits for them, as it is told.

use crate::diagnose::rating::Confidence;
use crate::diagnose::role::Role;
use crate::diagnose::waitfor::Why;
use crate::model::StackId;

/// Goroutines of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Their group in [`Facts::groups`](crate::diagnose::Facts).
    pub group: usize,
    /// How many of them.
    pub count: i64,
    /// Ids of some of them.
    pub goids: Vec<u64>,
    /// A record that is one of them.
    pub row: u32,
    /// Its stack.
    pub stack: StackId,
    /// The frame to mark, as an index into the frames as they are shown.
    pub blocking: Option<usize>,
}

/// A goroutine, why it matters, and who waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The goroutines.
    pub link: Link,
    /// What they do to those below, if that is known.
    pub role: Option<Role>,
    /// What they wait for the one above to do, and how sure that is; unknown for a root, and where only
    /// the lock is known to be the same.
    pub edge: Option<(Why, Confidence)>,
    /// They are part of the circle that the root is in: the last of its members below each other is the
    /// one that the root waits for.
    pub member: bool,
    /// For the root of a circle: what it waits for the last member to do.
    pub closes: Option<(Why, Confidence)>,
    /// Who waits for them.
    pub victims: Vec<Chain>,
}

impl Chain {
    /// One without victims.
    pub fn leaf(link: Link, role: Option<Role>) -> Self {
        Self { link, role, edge: None, member: false, closes: None, victims: Vec::new() }
    }

    /// Goroutines below it, at any depth.
    pub fn behind(&self) -> i64 {
        let all = |victim: &Self| victim.link.count.saturating_add(victim.behind());
        self.victims.iter().map(all).fold(0, i64::saturating_add)
    }
}
