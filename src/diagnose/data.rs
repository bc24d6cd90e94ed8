//! What titles, evidence, steps and roles are made of, for those who read it without the words.

use super::activity::Activity;
use super::rating::Confidence;
use crate::model::{SourceLocation, WaitKind};
use crate::series::Trend;
use crate::view::WaitStats;

/// The parts of something that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Data {
    /// What is said: the name of the variant.
    pub kind: String,
    /// Numbers by name.
    pub numbers: Vec<(&'static str, i64)>,
    /// Names and other texts by name.
    pub texts: Vec<(&'static str, String)>,
    /// Places in the source, each with the number of goroutines there if that is said.
    pub places: Vec<(SourceLocation, Option<i64>)>,
    /// Ids of goroutines.
    pub goids: Vec<u64>,
    /// Addresses and pointers by name.
    pub addresses: Vec<(&'static str, u64)>,
}

/// An enum whose variants are things that can be said, each with named parts, and `data` of it.
macro_rules! said {
    ($(#[$about:meta])* pub enum $name:ident {
        $($(#[$what:meta])* $variant:ident $({ $($part:ident: $type:ty),* $(,)? })?,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "parts are named after what they are")]
        pub enum $name {
            $($(#[$what])* $variant $({ $($part: $type),* })?,)*
        }

        impl $name {
            /// Its parts.
            pub fn data(&self) -> $crate::diagnose::data::Data {
                #[allow(unused_imports, reason = "a variant may have no parts")]
                use $crate::diagnose::data::{Data, Part as _};
                match self {
                    $(Self::$variant $({ $($part),* })? => {
                        #[allow(unused_mut, reason = "a variant may have no parts")]
                        let mut data = Data::of(stringify!($variant));
                        $($($part.add(stringify!($part), &mut data);)*)?
                        data
                    })*
                }
            }
        }
    };
}
pub(super) use said;

/// An enum of things that have no parts, and its name of each.
macro_rules! named {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$what:meta])* $variant:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$what])* $variant,)*
        }

        impl $name {
            /// The name of the variant.
            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }
        }
    };
}
pub(super) use named;

impl Data {
    /// Nothing but a kind: the name of a variant.
    pub(super) fn of(variant: &str) -> Self {
        // `PinsThreads` is pins-threads.
        let mut kind = String::new();
        for letter in variant.chars() {
            if letter.is_ascii_uppercase() && !kind.is_empty() {
                kind.push('-');
            }
            kind.push(letter.to_ascii_lowercase());
        }
        Self { kind, ..Self::default() }
    }
}

/// Something that is a part.
pub(super) trait Part {
    /// Adds it as `name`.
    fn add(&self, name: &'static str, data: &mut Data);
}

impl Part for i64 {
    fn add(&self, name: &'static str, data: &mut Data) {
        data.numbers.push((name, *self));
    }
}

impl Part for u32 {
    fn add(&self, name: &'static str, data: &mut Data) {
        i64::from(*self).add(name, data);
    }
}

impl Part for usize {
    fn add(&self, name: &'static str, data: &mut Data) {
        i64::try_from(*self).unwrap_or(i64::MAX).add(name, data);
    }
}

impl Part for bool {
    fn add(&self, name: &'static str, data: &mut Data) {
        i64::from(*self).add(name, data);
    }
}

impl Part for String {
    fn add(&self, name: &'static str, data: &mut Data) {
        data.texts.push((name, self.clone()));
    }
}

impl Part for &'static str {
    fn add(&self, name: &'static str, data: &mut Data) {
        (*self).to_owned().add(name, data);
    }
}

impl Part for SourceLocation {
    fn add(&self, _: &'static str, data: &mut Data) {
        data.places.push((self.clone(), None));
    }
}

impl<T: Part> Part for Option<T> {
    fn add(&self, name: &'static str, data: &mut Data) {
        if let Some(part) = self {
            part.add(name, data);
        }
    }
}

impl<T: Part> Part for Vec<T> {
    fn add(&self, name: &'static str, data: &mut Data) {
        for part in self {
            part.add(name, data);
        }
    }
}

impl Part for WaitStats {
    fn add(&self, _: &'static str, data: &mut Data) {
        self.known.add("waits_known", data);
        self.unknown.add("waits_unknown", data);
        self.min.add("min_minutes", data);
        self.median.add("median_minutes", data);
        self.max.add("max_minutes", data);
    }
}

impl Part for Confidence {
    fn add(&self, name: &'static str, data: &mut Data) {
        self.name().add(name, data);
    }
}

impl Part for WaitKind {
    fn add(&self, name: &'static str, data: &mut Data) {
        self.name().add(name, data);
    }
}

impl Part for Activity {
    fn add(&self, name: &'static str, data: &mut Data) {
        self.name().add(name, data);
    }
}

impl Part for Trend {
    fn add(&self, name: &'static str, data: &mut Data) {
        self.name().add(name, data);
    }
}

/// The id of a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goid(pub u64);

impl Part for Goid {
    fn add(&self, _: &'static str, data: &mut Data) {
        data.goids.push(self.0);
    }
}

/// An address or a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub u64);

impl Part for Address {
    fn add(&self, name: &'static str, data: &mut Data) {
        data.addresses.push((name, self.0));
    }
}
