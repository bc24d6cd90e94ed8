//! Graphs for Graphviz.

use std::process::{Command, Stdio};

use gdump::render::convert::Target;

use super::{convert, each};
use crate::support::{bytes, parse, root};

fn graph(name: &str) -> String {
    let dumps = parse(&bytes(&root().join("testdata").join(name)), name).unwrap();
    String::from_utf8(convert(&dumps, Target::Dot)).unwrap()
}

#[test]
fn who_created_whom_and_who_waits_for_whom() {
    let text = graph("debug2/leaky-service.go1.27.txt");
    insta::assert_snapshot!("leaky", text);
    assert!(text.contains("[style=dashed"), "{text}");
    let crosswise = graph("scenarios/crosswise.debug2.go1.27.txt");
    assert!(crosswise.contains("color=\"#c00000\""), "{crosswise}");
}

/// What `dot` says of the text; `None` if there is no Graphviz.
fn dot(text: &[u8]) -> Option<(bool, String)> {
    let child = Command::new("dot")
        .arg("-Tcanon")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: there is no dot in the path");
        return None;
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text).unwrap();
    let output = child.wait_with_output().unwrap();
    Some((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn graphviz_takes_every_graph() {
    if dot(b"digraph {}").is_none() {
        return;
    }
    let mut number = 0;
    each(|_, dump| {
        number += 1;
        // Each takes a process: of the many dumps of the same programs every ninth will do.
        if number % 9 != 0 {
            return Ok(());
        }
        match dot(&convert(std::slice::from_ref(dump), Target::Dot)) {
            Some((true, errors)) if errors.is_empty() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    assert_eq!(dot(&convert(&super::hostile::dumps(), Target::Dot)), Some((true, String::new())));
}
