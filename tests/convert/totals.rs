//! Every format says of as many goroutines as the dump has.

use gdump::render::convert::{Extra, Tag, Target};

use super::{convert, convert_with, each};

fn sum_of_folded(text: &[u8]) -> i64 {
    let text = std::str::from_utf8(text).unwrap();
    text.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<i64>().unwrap()).sum()
}

#[test]
fn totals_agree() {
    each(|_, dump| {
        let dumps = std::slice::from_ref(dump);
        let total = dump.goroutine_count();
        let csv = convert(dumps, Target::Csv);
        let rows = crate::support::csv_rows(&csv);
        let counted: i64 = rows.iter().skip(1).map(|row| row[2].parse::<i64>().unwrap()).sum();
        if counted != total || rows.len() != dump.len() + 1 {
            return Err(format!("csv: {counted} in {} rows, {total}", rows.len()));
        }
        if rows.iter().any(|row| row.len() != rows[0].len()) {
            return Err("csv: a row with another number of cells".to_owned());
        }
        let folded = sum_of_folded(&convert(dumps, Target::Folded));
        let extra = Extra { root: vec![Tag::State], leaf: vec![Tag::CreatedBy, Tag::Wait] };
        let tagged = sum_of_folded(&convert_with(dumps, Target::Folded, extra));
        if (folded, tagged) != (total, total) {
            return Err(format!("folded: {folded} and {tagged}, {total}"));
        }
        let ndjson = convert(dumps, Target::Ndjson);
        let lines = ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let values: Vec<serde_json::Value> =
            lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        let counted: i64 = values.iter().map(|value| value["count"].as_i64().unwrap()).sum();
        if counted != total || values.len() != dump.len() {
            return Err(format!("ndjson: {counted} in {} lines, {total}", values.len()));
        }
        Ok(())
    });
}

/// The JSON document keeps to grammar/dump.schema.json.
#[test]
fn json_keeps_to_its_schema() {
    let path = crate::support::root().join("grammar/dump.schema.json");
    let schema = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    each(|_, dump| {
        let text = convert(std::slice::from_ref(dump), Target::Json);
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        if let Some(error) = validator.iter_errors(&value).next() {
            return Err(format!("{error} at {}", error.instance_path()));
        }
        let goroutines = value["dumps"][0]["goroutines"].as_array().unwrap();
        let counted: i64 = goroutines.iter().map(|g| g["count"].as_i64().unwrap()).sum();
        let stacks = value["dumps"][0]["stacks"].as_array().unwrap();
        for (goroutine, read) in goroutines.iter().zip(dump.goroutines()) {
            let at = usize::try_from(goroutine["stack"].as_u64().unwrap()).unwrap();
            if stacks[at].as_array().unwrap().len() != read.frames().len() {
                return Err(format!("{goroutine} has another stack"));
            }
        }
        if counted == dump.goroutine_count() { Ok(()) } else { Err(format!("{counted}")) }
    });
}
