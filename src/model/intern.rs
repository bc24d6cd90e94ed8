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
///
/// A table that is sealed takes no more memory than its values: a text may hold very many small dumps.
#[derive(Clone, Debug)]
pub(crate) struct Table<T, I> {
    /// The values with an index, to find those that are there; `None` if the table is sealed.
    open: Option<Box<IndexSet<T, FxBuildHasher>>>,
    /// The values if it is sealed.
    sealed: Box<[T]>,
    id: PhantomData<I>,
}

impl<T, I> Default for Table<T, I> {
    fn default() -> Self {
        Self { open: None, sealed: Box::default(), id: PhantomData }
    }
}

impl<T: Hash + Eq, I: From<u32> + Into<u32> + Copy> Table<T, I> {
    /// Id of `value`, added if it is new.
    ///
    /// Ids end at `u32::MAX`; a text that held more distinct values than that would be longer than
    /// any input limit, and the last id is then shared.
    pub(crate) fn intern(&mut self, value: T) -> I {
        let (index, _) = self.open().insert_full(value);
        I::from(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The set of values, to add to it.
    #[inline]
    fn open(&mut self) -> &mut IndexSet<T, FxBuildHasher> {
        let sealed = &mut self.sealed;
        self.open.get_or_insert_with(|| Box::new(std::mem::take(sealed).into_iter().collect()))
    }

    /// Lets go of the index.
    pub(crate) fn seal(&mut self) {
        if let Some(set) = self.open.take() {
            self.sealed = set.into_iter().collect();
        }
    }

    #[inline]
    pub(crate) fn get(&self, id: I) -> Option<&T> {
        let index = Into::<u32>::into(id) as usize;
        match &self.open {
            None => self.sealed.get(index),
            Some(set) => set.get_index(index),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        // One of them is empty.
        self.sealed.iter().chain(self.open.iter().flat_map(|set| set.iter()))
    }

    pub(crate) fn len(&self) -> usize {
        self.open.as_ref().map_or(self.sealed.len(), |set| set.len())
    }
}

impl<E: Hash + Eq + Clone, I: From<u32> + Into<u32> + Copy> Table<Box<[E]>, I> {
    /// Id of the list `values`, copied only if it is new.
    pub(crate) fn intern_slice(&mut self, values: &[E]) -> I {
        match self.open().get_index_of(values) {
            Some(index) => I::from(u32::try_from(index).unwrap_or(u32::MAX)),
            None => self.intern(values.into()),
        }
    }
}

impl<I: From<u32> + Into<u32> + Copy> Table<Box<str>, I> {
    /// Strings that are searched for one by one: as fast as by an index, which takes more room than they.
    const FEW: usize = 32;

    /// Lets go of the index where it is of little use.
    pub(crate) fn seal_few(&mut self) {
        if self.len() <= Self::FEW {
            self.seal();
        }
    }

    /// Id of `text`, if it is known.
    pub(crate) fn find(&self, text: &str) -> Option<I> {
        let index = match &self.open {
            Some(set) => set.get_index_of(text)?,
            None => self.sealed.iter().position(|known| **known == *text)?,
        };
        u32::try_from(index).ok().map(I::from)
    }

    /// Id of `text`, copied only if it is new.
    pub(crate) fn intern_str(&mut self, text: &str) -> I {
        match self.open().get_index_of(text) {
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

    #[test]
    fn a_sealed_table_keeps_its_ids_and_takes_new_values() {
        let mut table: Table<Box<str>, StrId> = Table::default();
        let ids: Vec<_> = ["a", "b", "c"].iter().map(|text| table.intern_str(text)).collect();
        for _ in 0..2 {
            table.seal_few();
            assert_eq!((table.find("b"), table.find("x")), (Some(ids[1]), None));
            assert_eq!(table.iter().map(AsRef::as_ref).collect::<String>(), "abc");
            assert_eq!(table.get(ids[1]).map(AsRef::as_ref), Some("b"));
            assert_eq!((table.intern_str("c"), table.len()), (ids[2], 3));
            assert_eq!(table.iter().map(AsRef::as_ref).collect::<String>(), "abc");
        }
        assert_eq!((table.intern_str("d").index(), table.len()), (3, 4));
    }
}
