//! What is said, without the words, as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnose::data::Data;
use crate::model::SourceLocation;

/// The parts of a title, of evidence or of a step.
#[derive(Serialize)]
pub(super) struct DataView {
    kind: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    numbers: BTreeMap<&'static str, Each<i64>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<&'static str, Each<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<PlaceView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    goids: Vec<u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    addresses: BTreeMap<&'static str, Each<String>>,
}

/// A value, or the values of a part that there are several of.
#[derive(Serialize)]
#[serde(untagged)]
enum Each<T> {
    One(T),
    Several(Vec<T>),
}

#[derive(Serialize)]
struct PlaceView {
    function: String,
    file: String,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
}

impl From<Data> for DataView {
    fn from(data: Data) -> Self {
        let Data { kind, numbers, texts, places, goids, addresses } = data;
        let addresses = addresses.into_iter().map(|(name, at)| (name, format!("{at:#x}")));
        let place = |(SourceLocation { function, file, line }, count)| PlaceView {
            function,
            file,
            line,
            count,
        };
        Self {
            kind,
            numbers: by_name(numbers),
            texts: by_name(texts),
            places: places.into_iter().map(place).collect(),
            goids,
            addresses: by_name(addresses),
        }
    }
}

/// The values under their names.
fn by_name<T>(
    parts: impl IntoIterator<Item = (&'static str, T)>,
) -> BTreeMap<&'static str, Each<T>> {
    let mut all: BTreeMap<_, Vec<T>> = BTreeMap::new();
    for (name, value) in parts {
        all.entry(name).or_default().push(value);
    }
    let each = |mut values: Vec<T>| match (values.len(), values.pop()) {
        (1, Some(only)) => Each::One(only),
        (_, last) => {
            values.extend(last);
            Each::Several(values)
        }
    };
    all.into_iter().map(|(name, values)| (name, each(values))).collect()
}
