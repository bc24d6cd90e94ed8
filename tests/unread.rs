//! Nothing read is not green: every command in every format ends with status 2 and says why, and a dump of
//! which nothing was read is no evidence in a series.

use std::io::Write;
use std::path::Path;

use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::{assert_keeps, command, report_schema};

/// Inputs of which no goroutine can be read, and a part of what is said of each.
const INPUTS: &[(&str, &str)] = &[
    ("folder", "there is no file in it"),
    ("hidden", "hidden files, links and devices are left out, 1 here"),
    ("notes", "no goroutine dump in any of its 1 files"),
    ("empty.zip", "there is no file in it"),
    ("empty.tar", "nothing in it but zeros"),
    ("empty.tgz", "nothing in it but zeros"),
    ("empty.txt", "the input is empty"),
    ("cut.txt", "the only goroutine of this dump could not be read"),
    ("total.txt", "cut off before its first goroutine"),
    ("zero.txt", "there is no goroutine in this dump"),
    ("damaged.txt", "none of the 3 goroutines or records of this dump could be read"),
    ("damaged.json", "the only goroutine of this dump could not be read"),
    ("damaged.zip", "none of the 3 goroutines or records of this dump could be read"),
];

/// Those that hold a dump, though nothing of it was read.
const DUMPS: &[&str] =
    &["cut.txt", "total.txt", "zero.txt", "damaged.txt", "damaged.json", "damaged.zip"];

const DAMAGED: &str = "goroutine profile: total 3\n3 @ 0x1 zzz\n#\t0x1\tmain.f+0x1\t/a.go:1\n\n";
const GOOD: &str = "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n";

/// Writes the inputs into `folder`, and `good.txt` beside them.
fn write(folder: &Path) {
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    for name in ["folder", "hidden", "notes"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    file("hidden/.dump.txt", GOOD.as_bytes());
    file("notes/readme.txt", b"nothing here\n");
    file("empty.zip", &[&b"PK\x05\x06"[..], &[0; 18]].concat());
    file("empty.tar", &[0; 10_240]);
    let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&[0; 10_240]).unwrap();
    file("empty.tgz", &packed.finish().unwrap());
    file("empty.txt", b"");
    file("cut.txt", b"goroutine 7 [chan rec");
    file("total.txt", b"goroutine profile: total 7\n");
    file("zero.txt", b"goroutine profile: total 0\n");
    file("damaged.txt", DAMAGED.as_bytes());
    file("damaged.json", b"[{\"Stack0\":[x]}]");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("damaged.txt", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(DAMAGED.as_bytes()).unwrap();
    file("damaged.zip", &zip.finish().unwrap().into_inner());
    file("good.txt", GOOD.as_bytes());
}

/// Commands, and the formats that each has beside text.
const COMMANDS: &[(&[&str], &[&str])] = &[
    (&["summarize"], &["json", "markdown", "html"]),
    (&["leaks"], &["json", "markdown", "html"]),
    (&["blocked"], &["json", "markdown", "html"]),
    (&["groups"], &["json", "ndjson", "csv", "markdown"]),
    (&["list"], &["json", "ndjson", "csv", "markdown"]),
    (&["show", "1"], &["json", "markdown"]),
    (&["tree"], &["json", "markdown"]),
    (&["diff"], &["json", "ndjson", "csv", "markdown", "html"]),
    (&["trend"], &["json", "ndjson", "csv", "markdown", "html"]),
    (&["check"], &["json", "markdown", "sarif", "junit", "github", "prometheus"]),
    (&["check", "--max", "goroutines=5", "--strict"], &["json", "junit"]),
    (&["check", "--update", "baseline.txt"], &[]),
    (&["convert", "--to", "json"], &[]),
    (&["convert", "--to", "csv"], &[]),
    (&["convert", "--to", "debug2", "--anonymize"], &[]),
    #[cfg(feature = "tui")]
    (&["watch"], &[]),
    #[cfg(feature = "serve")]
    (&["serve"], &[]),
];

#[test]
fn no_command_is_green_if_nothing_was_read() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let schema = report_schema();
    let mut wrong = Vec::new();
    for (input, part) in INPUTS {
        for (args, formats) in COMMANDS {
            for format in std::iter::once(&"text").chain(*formats) {
                let mut args = args.to_vec();
                if *format != "text" {
                    args.extend(["--format", format]);
                }
                // Two of each are a series.
                args.extend([*input, *input]);
                let output = command::run(folder.path(), &args, b"");
                let told = command::transcript(&args, &output);
                let said = String::from_utf8_lossy(&output.stderr);
                let names = said.starts_with(&format!("gdump: {input}"));
                if output.status.code() != Some(2) || !names || !said.contains(part) {
                    wrong.push(told.clone());
                }
                let report = *format == "json" && DUMPS.contains(input);
                if !report {
                    assert!(output.stdout.is_empty(), "{told}");
                    continue;
                }
                let document: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert_keeps(&schema, &document, &told);
                assert_eq!(document["account"]["whole"], 0, "{told}");
                assert_eq!(document["inputs"].as_array().unwrap().len(), 2, "{told}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!folder.path().join("baseline.txt").exists());
}

/// What was read beside it is told, and compared with nothing that is no evidence.
#[test]
fn a_dump_of_which_nothing_was_read_is_left_out_of_a_series() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let compared = |command: &[&str]| {
        let mut args = command.to_vec();
        args.extend(["--format", "json", "good.txt", "damaged.txt", "good.txt", "folder"]);
        let output = command::run(folder.path(), &args, b"");
        let told = command::transcript(&args, &output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        for name in ["damaged.txt", "folder"] {
            assert!(told.contains(&format!("gdump: {name}: ")), "{told}");
        }
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let inputs = document["inputs"].as_array().unwrap().clone();
        assert!(inputs.iter().all(|input| input["name"] == "good.txt"), "{told}");
        assert_eq!(document["account"]["not_understood"], 0, "{told}");
        // A gate that did not see all is not green.
        assert_ne!(document["check"]["passed"], true, "{told}");
        inputs.len()
    };
    for command in [
        &["summarize"][..],
        &["leaks"],
        &["blocked"],
        &["groups"],
        &["list"],
        &["diff"],
        &["trend"],
        &["check"],
    ] {
        assert_eq!(compared(command), 2, "{command:?}");
    }
    // Nothing is left to compare with.
    let args = ["diff", "good.txt", "damaged.txt"];
    let output = command::run(folder.path(), &args, b"");
    let told = command::transcript(&args, &output);
    assert!(output.status.code() == Some(2) && told.contains("good.txt is one dump"), "{told}");
}

/// Dumps in one text: what was lost beside the one that was read is told with it.
#[test]
fn what_is_lost_in_a_text_is_told_beside_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, lost, lines) in [
        ("before.txt", format!("{DAMAGED}\n{GOOD}"), 3, 0),
        ("behind.txt", format!("{GOOD}\n{DAMAGED}"), 3, 0),
        ("total.txt", format!("goroutine profile: total 7\n\n{GOOD}"), 0, 0),
        // Stacks that made threads are no goroutines.
        ("other.txt", format!("threadcreate profile: total 1\n1 @ 0x1\n#\t0x0\n\n{GOOD}"), 0, 4),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
        let args = ["summarize", "--format", "json", name];
        let output = command::run(folder.path(), &args, b"");
        let told = command::transcript(&args, &output);
        assert_eq!(output.status.code(), Some(0), "{told}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let [input] = document["inputs"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!(input["name"], name, "{told}");
        let account = &document["account"];
        assert_eq!(
            (&account["whole"], &account["not_understood"]),
            (&1.into(), &lost.into()),
            "{told}"
        );
        assert_eq!(account["ignored_lines"], lines, "{told}");
        assert_eq!(
            document["problems"].as_array().unwrap().is_empty(),
            name == "other.txt",
            "{told}"
        );
        let strict = command::run(folder.path(), &["summarize", "--strict", name], b"");
        assert_eq!(strict.status.code(), Some(i32::from(name != "other.txt")), "{told}");
        let screen = String::from_utf8(strict.stdout).unwrap();
        assert_eq!(screen.contains("1 of 4 read in full"), lost == 3, "{screen}");
        assert_eq!(screen.contains("complete"), lost == 0, "{screen}");
        assert_eq!(screen.contains("all read"), name == "other.txt", "{screen}");
    }
}

/// That nothing is proven to leak is an answer.
#[test]
fn an_honest_nothing_is_an_answer() {
    let text = b"goroutineleak profile: total 0\n";
    for command in ["summarize", "leaks", "blocked", "groups", "list", "check"] {
        let args = [command, "-"];
        let output = command::run(Path::new("."), &args, text);
        let told = command::transcript(&args, &output);
        assert!(output.status.code() == Some(0) && !output.stdout.is_empty(), "{told}");
    }
}

/// A part of a dump is called so wherever a whole one is called complete.
#[test]
fn an_excerpt_is_called_one_in_every_format() {
    const EXCERPT: &[u8] = b"goroutine 8 [runnable]:\nmain.f()\n\t/a.go:1 +0x1\n";
    for (command, format, part) in [
        ("summarize", "text", "excerpt"),
        ("summarize", "text", "EXCERPT: goroutine 1 is not in it, so it is a part of a dump."),
        ("blocked", "text", "In what is here of the dump no goroutine is blocked by another."),
        ("leaks", "markdown", "**NOT WHOLE**"),
        ("summarize", "html", "excerpt"),
        ("summarize", "json", "\"status\": \"excerpt\",\n        \"reason\": \"no-goroutine-1\""),
        ("check", "text", "the dump is an excerpt"),
        ("check", "junit", "the dump is an excerpt"),
        ("check", "prometheus", "gdump_dump_complete 0"),
    ] {
        let args = [command, "--format", format, "-"];
        let output = command::run(Path::new("."), &args, EXCERPT);
        let told = command::transcript(&args, &output);
        assert!(told.contains(part), "{part}: {told}");
        for word in ["· complete", "all in sight", "Nobody is blocked", "**OK**", "found fine"] {
            assert!(format == "html" || !told.contains(word), "{word}: {told}");
        }
        let strict = command::run(Path::new("."), &[command, "--strict", "-"], EXCERPT);
        assert_eq!(strict.status.code(), Some(1), "{told}");
    }
}
