use super::*;
use crate::diagnose::index::Index;
use crate::model::{Creator, Dump, DumpBuilder, Format, Frame, Head, Row};

/// A dump with one goroutine.
fn dump(functions: &[&str], state: &str, creator: &str) -> Dump {
    let mut builder = DumpBuilder::new("test", Format::Debug2);
    let frames: Vec<_> = functions
        .iter()
        .map(|name| {
            let function = builder.function(name.as_bytes());
            let file = builder.string(b"f.go");
            builder.frame(Frame::Call {
                function,
                file,
                line: 1,
                kind: crate::model::CallKind::Plain,
            })
        })
        .collect();
    let stack = builder.stack(&frames);
    let state = builder.string(state.as_bytes());
    let head = builder.head(Head { state, ..Head::default() });
    let function = builder.function(creator.as_bytes());
    let creator = builder.creator(Creator { function, ..Creator::default() });
    builder.push(Row { goid: 7, stack, head, creator, ..Row::default() });
    builder.finish()
}

fn found<'k>(
    known: &'k Known,
    functions: &[&str],
    state: &str,
    creator: &str,
) -> Option<&'k Entry> {
    let dump = dump(functions, state, creator);
    let facts = Index::new(&dump);
    known.entries().get(known.matching(&facts, 0)?)
}

#[test]
fn every_row_can_be_read_and_matches_what_it_is_made_for() {
    let entries = table::parse(BUILT_IN, "known.tsv").unwrap();
    assert!(entries.len() > 150);
    for entry in entries {
        let alone = Known::with(vec![entry.clone()]);
        let function = entry.pattern.as_str().replace("(*", "(\u{1}").replace('*', "x");
        let function = function.replace('\u{1}', "*");
        // A goroutine of the runtime alone is not the program's, and in no group.
        let state = entry.states.first().map_or("select", String::as_str);
        let with = entry.with.as_ref().map_or("main.f", Pattern::as_str);
        let (stack, creator) = match entry.place {
            Place::Top => (vec![function.as_str(), with], "main.main"),
            Place::Any => (vec!["sync.runtime_f", with, &function, &function], "main.main"),
            Place::CreatedBy => (vec!["main.f", with], function.as_str()),
        };
        assert_eq!(
            found(&alone, &stack, state, creator),
            Some(&entry),
            "{}",
            entry.pattern.as_str()
        );
        assert_eq!(found(&alone, &["main.f"], state, "main.g"), None, "{}", entry.pattern.as_str());
    }
}

#[test]
fn no_two_rows_are_the_same() {
    let mut seen = std::collections::BTreeSet::new();
    for entry in Known::built_in().entries() {
        let key =
            format!("{:?} {:?} {:?} {:?}", entry.pattern, entry.place, entry.states, entry.with);
        assert!(seen.insert(key), "{}", entry.pattern.as_str());
    }
}

#[test]
fn known_ends_at_its_maximum() {
    let known = Known::built_in();
    let stack = ["database/sql.(*DB).connectionOpener"];
    let entry = found(&known, &stack, "select", "database/sql.OpenDB").unwrap();
    assert!(entry.is_benign(5) && !entry.is_benign(6));
}

#[test]
fn what_is_stuck_is_not_known_to_be_idle() {
    let known = Known::built_in();
    let stack = ["sync.(*Mutex).Lock", "github.com/golang/glog.(*loggingT).flushDaemon"];
    assert!(found(&known, &stack, "sleep", "main.main").is_some());
    assert!(found(&known, &stack, "sync.Mutex.Lock", "main.main").is_none());
}

#[test]
fn vendored_packages_are_known_too() {
    let known = Known::built_in();
    let stack = ["example.com/app/vendor/github.com/golang/glog.(*loggingT).flushDaemon"];
    assert!(found(&known, &stack, "chan receive", "main.main").is_some());
}

#[test]
fn users_have_the_first_word() {
    let mut known = Known::built_in();
    known.add_table("main.poll\ttop\tapp\tpolls the queue\tbenign max 2\n", "mine.tsv").unwrap();
    known
        .add_ignored("# ours\n\ntop=main.idle # for ever\ncreated-by=main.start*\n", "ig")
        .unwrap();
    let entry = found(&known, &["time.Sleep", "main.poll"], "sleep", "main.main").unwrap();
    assert_eq!(entry.meaning, "polls the queue");
    let entry = found(&known, &["main.idle"], "chan send", "main.main").unwrap();
    assert_eq!(entry.meaning, "set aside by ig:3");
    assert!(found(&known, &["main.f"], "select", "main.startAll").unwrap().is_benign(1_000_000));
}

#[test]
fn errors_name_file_line_and_remedy() {
    let mut known = Known::default();
    let mut error = |text| known.add_table(text, "mine.tsv").unwrap_err().to_string();
    let says = error("# a\nmain.f\tnowhere\ta\tb\tbenign");
    assert_eq!(says, "mine.tsv:2: match is `nowhere`, not top, any or created-by");
    assert!(error("main.f\tany").starts_with("mine.tsv:1: there is no library: a row is pattern"));
    assert!(error("main.f\tany\ta\tb\tfine").contains("benign max N"));
    assert!(error("main.f\tany state \"x\ta\tb\tbenign").contains("closing quote"));
    let says = known.add_ignored("main.f", ".gdumpignore").unwrap_err().to_string();
    assert_eq!(
        says,
        ".gdumpignore:1: `main.f` is not top=FUNCTION, any=FUNCTION or created-by=FUNCTION"
    );
}
