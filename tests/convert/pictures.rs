//! Flame graphs and what other viewers draw them from.

use gdump::model::Dump;
use gdump::render::convert::Target;
use serde_json::Value;

use super::{convert, each};

/// Goroutines that a picture can show: not those that a delta says are fewer.
fn shown(dump: &Dump) -> i64 {
    let folded = String::from_utf8(convert(std::slice::from_ref(dump), Target::Folded)).unwrap();
    let counts =
        folded.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<i64>().unwrap());
    counts.filter(|count| *count > 0).sum()
}

#[test]
fn speedscope_weighs_as_many_goroutines() {
    each(|_, dump| {
        let text = convert(std::slice::from_ref(dump), Target::Speedscope);
        let file: Value = serde_json::from_slice(&text).unwrap();
        let profile = &file["profiles"][0];
        let weights: i64 =
            profile["weights"].as_array().unwrap().iter().map(|w| w.as_i64().unwrap()).sum();
        let frames = file["shared"]["frames"].as_array().unwrap().len() as u64;
        let samples = profile["samples"].as_array().unwrap();
        let mut indices = samples.iter().flat_map(|stack| stack.as_array().unwrap());
        if indices.any(|index| index.as_u64().unwrap() >= frames) {
            return Err("a frame that is not there".to_owned());
        }
        let total = shown(dump);
        let same = weights == total && profile["endValue"].as_i64() == Some(total);
        if same { Ok(()) } else { Err(format!("{weights} instead of {total}")) }
    });
}

/// The tags of an XML text in order, `/` before those that close, and nothing but text between them.
fn tags(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>') || before.contains("]]"), "a bare > in {before:?}");
        if let Some(script) = after.strip_prefix("![CDATA[") {
            rest = script.split_once("]]>").unwrap().1;
            continue;
        }
        let (tag, behind) = after.split_once('>').unwrap();
        if !tag.starts_with('?') && !tag.ends_with('/') {
            tags.push(tag.split(' ').next().unwrap().to_owned());
        }
        rest = behind;
    }
    tags
}

fn assert_well_formed(text: &str) {
    let mut open = Vec::new();
    for tag in tags(text) {
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed));
        } else {
            let known = ["svg", "style", "text", "g", "title", "script", "rect"];
            assert!(known.contains(&tag.as_str()), "<{tag}>");
            open.push(tag);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_flame_graph_holds_all_goroutines() {
    each(|_, dump| {
        let text = String::from_utf8(convert(std::slice::from_ref(dump), Target::Svg)).unwrap();
        assert_well_formed(&text);
        let total = shown(dump);
        let root = format!("<g data-x=\"0\" data-w=\"{total}\" data-d=\"0\">");
        if text.contains(&root) { Ok(()) } else { Err(format!("{root} is not there")) }
    });
}

/// Nothing of a dump becomes a tag, and the file refers to no other.
#[test]
fn hostile_names_are_text_in_a_picture() {
    let text = String::from_utf8(convert(&super::hostile::dumps(), Target::Svg)).unwrap();
    assert_well_formed(&text);
    assert!(!text.contains("<script>alert"));
    assert!(text.contains("main.&lt;script&gt;alert&lt;/script&gt;"), "{text}");
    assert_eq!(text.matches("http").count(), text.matches("http://www.w3.org/2000/svg").count());
}

/// A deep recursion and very many stacks make a picture of bounded size.
#[test]
fn a_picture_stays_small() {
    let mut text = String::from("goroutine 1 [select]:\n");
    for depth in 0..20_000 {
        text += &format!("main.f{depth}()\n\t/a.go:{depth}\n");
    }
    for goid in 2..30_000 {
        text += &format!("\ngoroutine {goid} [select]:\nmain.g{goid}()\n\t/a.go:1\n");
    }
    let dumps = crate::support::parse(text.as_bytes(), "deep").unwrap();
    let text = String::from_utf8(convert(&dumps, Target::Svg)).unwrap();
    assert!(text.len() < 3_000_000, "{} bytes", text.len());
    assert!(text.contains("left out: "), "it says so");
}
