//! Parts that titles, evidence and steps share.

use super::activity::Activity;
use super::data::{Data, Part, named};
use super::locks::{Id, Tier};
use super::role::Wants;
use crate::model::SourceLocation;

/// A function of the program and how many goroutines came through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Where it calls.
    pub at: SourceLocation,
    /// Goroutines.
    pub count: i64,
}

impl Part for Caller {
    fn add(&self, _: &'static str, data: &mut Data) {
        data.places.push((self.at.clone(), Some(self.count)));
    }
}

/// Callers, those with most goroutines first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Some of them.
    pub first: Vec<Caller>,
    /// How many there are.
    pub all: usize,
}

impl Callers {
    /// Callers that are kept.
    const KEPT: usize = 5;

    /// The first of `all`.
    pub(super) fn of(all: &[Caller]) -> Self {
        Self { first: all.iter().take(Self::KEPT).cloned().collect(), all: all.len() }
    }
}

impl Part for Callers {
    fn add(&self, name: &'static str, data: &mut Data) {
        self.first.add(name, data);
    }
}

/// A goroutine, or several, as a sentence names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The id, if it is one and has one.
    pub goid: Option<u64>,
    /// How many.
    pub count: usize,
    /// The function that they are in.
    pub function: String,
}

impl Part for Named {
    fn add(&self, _: &'static str, data: &mut Data) {
        data.goids.extend(self.goid);
        let count = i64::try_from(self.count).ok();
        data.places.push((SourceLocation::function(&self.function), count));
    }
}

/// Who ran the `go` statements that started some goroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starters {
    /// How many distinct goroutines did.
    pub distinct: usize,
    /// Each call started its own one (or a few).
    pub per_call: bool,
    /// What became of them.
    pub gone: Gone,
}

/// What became of those who started goroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Most are there.
    No,
    /// They handled requests that are over.
    RequestsOver,
    /// The one that did is gone.
    One,
    /// So many are gone; `None` if all are.
    Many(Option<i64>),
}

impl Part for Starters {
    fn add(&self, _: &'static str, data: &mut Data) {
        self.distinct.add("starters", data);
        self.per_call.add("one_per_call", data);
        (self.gone != Gone::No).add("starters_gone", data);
    }
}

/// What holds crowds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// It is a single crowd.
    None,
    /// The sizes, in one package.
    Sizes,
    /// The ages, and sizes that divide.
    Ages,
    /// The creators, or one started the other.
    Creators,
}

impl Part for Link {
    fn add(&self, name: &'static str, data: &mut Data) {
        let word = match self {
            Self::None => "none",
            Self::Sizes => "sizes",
            Self::Ages => "ages",
            Self::Creators => "creators",
        };
        word.add(name, data);
    }
}

named! {
    /// What two goroutines have in common.
    pub enum Same {
        /// Code of one type.
        Type,
        /// Code of one package.
        Package,
    }
}

impl Part for Same {
    fn add(&self, name: &'static str, data: &mut Data) {
        Data::of(self.name()).kind.add(name, data);
    }
}

/// The evidence that a goroutine holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// How it was found.
    pub tier: Tier,
    /// The pointer that it shares with the lock.
    pub pointer: u64,
    /// The lock's address, if it is known by that.
    pub address: Option<u64>,
}

impl Holding {
    /// The evidence of `tier` and `pointer` for the lock known as `id`.
    pub(super) fn new(tier: Tier, pointer: u64, id: Id<'_>) -> Self {
        let address = match id {
            Id::Address(address) => Some(address),
            _ => None,
        };
        Self { tier, pointer, address }
    }
}

impl Part for Holding {
    fn add(&self, _: &'static str, data: &mut Data) {
        self.tier.name().add("basis", data);
        data.addresses.extend((self.pointer != 0).then_some(("pointer", self.pointer)));
        data.addresses.extend(self.address.map(|address| ("lock", address)));
    }
}

/// What the holder of a lock does, and for whom it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "parts are named after what they are")]
pub enum HolderDoes {
    /// It waits for nobody that is seen.
    Itself(Activity),
    /// It wants something of goroutines in `next`, which do this.
    Behind { wants: Wants, next: String, does: Activity },
    /// It wants something of goroutines in `next`, behind which are those in `last`, which do this.
    FarBehind { wants: Wants, next: String, last: String, does: Activity },
}

impl Part for HolderDoes {
    fn add(&self, name: &'static str, data: &mut Data) {
        let (Self::Itself(does) | Self::Behind { does, .. } | Self::FarBehind { does, .. }) = self;
        does.add(name, data);
    }
}

/// A link of a circle: what is wanted, and of goroutines in which function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleLink {
    /// What.
    pub wants: Wants,
    /// Goroutines that want it.
    pub waiters: i64,
    /// The function.
    pub of: String,
}

impl Part for CycleLink {
    fn add(&self, _: &'static str, data: &mut Data) {
        data.places.push((SourceLocation::function(&self.of), None));
    }
}
