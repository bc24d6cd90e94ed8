//! Interned strings and tables behind typed ids: equal things are stored once and compared by id.

use std::hash::Hash;
use std::marker::PhantomData;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

/// Declares an id type: a `u32` that only the table which made it can resolve.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);

        impl From<u32> for $name {
            fn from(index: u32) -> Self {
                Self(index)
            }
        }

        impl From<$name> for u32 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl $name {
            /// Position in the table that made the id.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(
    /// An interned string. Id 0 is the empty string.
    StrId
);
id!(
    /// An interned [`Frame`](super::Frame).
    FrameId
);
id!(
    /// An interned stack: frames, innermost first. Id 0 is the stack without frames.
    StackId
);
id!(
    /// An interned list of labels. Id 0 is the empty list.
    LabelsId
);
id!(
    /// An interned [`Head`](super::Head). Id 0 is the default head: nothing known.
    HeadId
);
id!(
    /// An interned [`Creator`](super::Creator). Id 0 is the default creator: not known.
    CreatorId
);
id!(
    /// An interned [`Signature`](super::Signature).
    SignatureId
);

/// Distinct values of type `T` in order of first appearance, each with an id.
#[derive(Clone, Debug)]
pub(crate) struct Table<T, I> {
    set: IndexSet<T, FxBuildHasher>,
    id: PhantomData<I>,
}

impl<T, I> Default for Table<T, I> {
    fn default() -> Self {
        Self { set: IndexSet::default(), id: PhantomData }
    }
}

impl<T: Hash + Eq, I: From<u32> + Into<u32> + Copy> Table<T, I> {
    /// Id of `value`, added if it is new.
    ///
    /// Ids end at `u32::MAX`; a text that held more distinct values than that would be longer than
    /// any input limit, and the last id is then shared.
    pub(crate) fn intern(&mut self, value: T) -> I {
        let (index, _) = self.set.insert_full(value);
        I::from(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(crate) fn get(&self, id: I) -> Option<&T> {
        self.set.get_index(Into::<u32>::into(id) as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }
}

impl<E: Hash + Eq + Clone, I: From<u32> + Into<u32> + Copy> Table<Box<[E]>, I> {
    /// Id of the list `values`, copied only if it is new.
    pub(crate) fn intern_slice(&mut self, values: &[E]) -> I {
        match self.set.get_index_of(values) {
            Some(index) => I::from(u32::try_from(index).unwrap_or(u32::MAX)),
            None => self.intern(values.into()),
        }
    }
}

impl<I: From<u32> + Into<u32> + Copy> Table<Box<str>, I> {
    /// Id of `text`, if it is known.
    pub(crate) fn find(&self, text: &str) -> Option<I> {
        let index = self.set.get_index_of(text)?;
        u32::try_from(index).ok().map(I::from)
    }

    /// Id of `text`, copied only if it is new.
    pub(crate) fn intern_str(&mut self, text: &str) -> I {
        match self.set.get_index_of(text) {
            Some(index) => I::from(u32::try_from(index).unwrap_or(u32::MAX)),
            None => self.intern(text.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_an_id() {
        let mut table: Table<Box<str>, StrId> = Table::default();
        let a = table.intern_str("a");
        let b = table.intern_str("b");
        assert_ne!(a, b);
        assert_eq!(table.intern_str("a"), a);
        assert_eq!(table.get(b).map(AsRef::as_ref), Some("b"));
        assert_eq!(table.len(), 2);
    }
}
