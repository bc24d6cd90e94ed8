use proptest::prelude::*;

use super::syntax::{Expr, Field, Predicate};
use super::*;
use crate::model::{CallKind, Creator, DumpBuilder, Format, Frame, Goroutine};
use crate::view::canon::Stacks;

/// Goroutines of every kind that a filter can tell apart; records of an aggregated format are some of it.
fn dump(format: Format) -> Dump {
    let mut builder = DumpBuilder::new("test", format);
    let mut stacks = Vec::new();
    for names in [
        &["sync.(*Mutex).Lock", "example.com/shop/api.(*cache).Get", "main.main"][..],
        &["net/http.(*persistConn).readLoop"],
        &["main.worker", "main.start"],
        &[],
    ] {
        let mut frames = Vec::new();
        for (line, name) in (10u32..).zip(names) {
            let function = builder.function(name.as_bytes());
            let file = builder.string(format!("/src/{}.go", name.len()).as_bytes());
            frames.push(builder.frame(Frame::Call { function, file, line, kind: CallKind::Plain }));
        }
        stacks.push(builder.stack(&frames));
    }
    for n in 0..48u32 {
        let index = n as usize;
        let state = ["chan send", "select", "sync.Mutex.Lock", "IO wait"][index % 4];
        let state = builder.string(state.as_bytes());
        let minutes = (n % 3 > 0).then_some(n * 7);
        let aggregated = format != Format::Debug2;
        let head = Head {
            state,
            minutes: minutes.filter(|_| !aggregated),
            locked: n % 5 == 0,
            leaked: n % 7 == 0,
            inferred: aggregated,
            ..Head::default()
        };
        let mut row = Row {
            stack: stacks[[0, 1, 2, 3, 0, 1, 2][index / 3 % 7]],
            head: builder.head(head),
            ..Row::default()
        };
        if n % 3 > 0 {
            let key = builder.string(b"tenant");
            let value = builder.string(["acme", "zeta"][index % 2].as_bytes());
            row.labels = builder.labels(&[(key, value)]);
        }
        if aggregated {
            builder.push_counted(row, i64::from(n));
            continue;
        }
        if n % 4 > 0 {
            let function = builder.function(b"main.start");
            let file = builder.string(b"/src/main.go");
            row.creator = builder.creator(Creator { function, file, line: n % 2 });
            row.creator_goid = u64::from(n % 6);
        }
        row.goid = u64::from(n) + 1;
        builder.push(row);
    }
    builder.finish()
}

/// What the expression says of one goroutine, told from the goroutine alone.
fn naive(
    dump: &Dump,
    stacks: &Stacks<'_>,
    one: &Where,
    expr: &Expr,
    g: Goroutine<'_>,
) -> eval::Verdict {
    let each = |list: &[Expr]| -> Vec<eval::Verdict> {
        list.iter().map(|expr| naive(dump, stacks, one, expr, g)).collect()
    };
    match expr {
        Expr::Not(inner) => naive(dump, stacks, one, inner, g).map(|held| !held),
        Expr::Any(list) if each(list).contains(&Some(true)) => Some(true),
        Expr::Any(list) => (!each(list).contains(&None)).then_some(false),
        Expr::All(list) if each(list).contains(&Some(false)) => Some(false),
        Expr::All(list) => (!each(list).contains(&None)).then_some(true),
        Expr::Test(index) => {
            let test = &one.tests[*index];
            let text = |text: &str| Some(test.predicate.of_text(text));
            let number = |n: i64| Some(test.predicate.of_number(i128::from(n) * 1000));
            let full = dump.format == Format::Debug2;
            let stack = g.row().stack;
            let name =
                |id: Option<_>| id.map_or(String::new(), |id| eval::function(stacks.shown(id)));
            match &test.field {
                Field::Id | Field::CreatorId | Field::Wait | Field::CreatedBy | Field::Locked
                    if !full =>
                {
                    None
                }
                Field::Id => number(g.goid().unwrap().cast_signed()),
                Field::CreatorId => number(g.creator_goid().unwrap_or(0).cast_signed()),
                Field::State => text(g.state()),
                Field::Wait => number(i64::from(g.head().minutes.unwrap_or(0)) * 60),
                Field::Locked => Some(g.head().locked),
                Field::Leaked => Some(g.head().leaked),
                Field::Inferred => Some(g.head().inferred),
                Field::Count => {
                    let same = |other: &Goroutine<'_>| {
                        stacks.canonical(other.row().stack) == stacks.canonical(stack)
                    };
                    number(dump.goroutines().filter(same).map(Goroutine::count).sum())
                }
                Field::Depth => number(stacks.depth(stack).cast_signed()),
                Field::Trace => {
                    text(&eval::trace(dump, stacks, stack, full.then_some(g.row().creator)))
                }
                Field::Func | Field::Package | Field::File | Field::Line => {
                    Some(stacks.visible(stack).any(|id| eval::frame_holds(test, stacks.shown(id))))
                }
                Field::Top => text(&name(stacks.visible(stack).next())),
                Field::User => text(&name(stacks.user(stack))),
                Field::Start => text(&name(stacks.visible(stack).last())),
                Field::CreatedBy => {
                    text(g.creator().map_or("", |creator| dump.str(creator.function)))
                }
                Field::Label(key) => {
                    text(g.labels().find(|(name, _)| name == key).map_or("", |(_, value)| value))
                }
            }
        }
    }
}

const TESTS: &[&str] = &[
    "id > 20",
    "id in (3, 4, 40)",
    "creator-id == 2",
    "creatorid != 0",
    "state == 'select'",
    "state =~ '^chan|Lock$'",
    "'IO' in state",
    "wait > 1h30m",
    "duration <= 28",
    "wait == 0",
    "locked",
    "leaked == false",
    "inferred",
    "count >= 12",
    "dups < 100",
    "depth == 3",
    "lines > 0.5",
    "contains(lower(trace), 'SYNC')",
    "trace contains 'created by main.start'",
    "trace.upper().contains('READLOOP')",
    "func =~ 'cache|worker'",
    "func != 'main.main'",
    "pkg == 'main'",
    "file contains '9.go'",
    "line > 10",
    "line <= 10",
    "top == 'main.worker'",
    "user != ''",
    "start in ['main.main', 'main.start']",
    "created-by == 'main.start'",
    "createdBy == ''",
    "label.tenant == 'acme'",
    "label[\"tenant\"] == ''",
    "label.other != ''",
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(TESTS).prop_map(ToString::to_string);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|list| format!("({})", list.join(" && "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|list| format!("({})", list.join(" or "))),
            inner.prop_map(|one| format!("not ({one})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tables_say_the_same_as_each_goroutine(text in expression()) {
        let one = Where::new(&text).unwrap();
        for format in [Format::Debug2, Format::Debug1] {
            let dump = dump(format);
            let stacks = Stacks::new(&dump);
            let program = eval::compile(&dump, &one.expr, &one.tests);
            for goroutine in dump.goroutines() {
                let wanted = naive(&dump, &stacks, &one, &one.expr, goroutine);
                prop_assert_eq!(program.verdict(&goroutine.row()), wanted, "{} {:?}", text, goroutine);
            }
        }
    }

    #[test]
    fn no_text_panics(text in "[a-z'\"`()&|!=<>~.,0-9 \\\\\\[\\]µ-]{0,40}") {
        let _ = Where::new(&text).map_err(|error| error.to_string());
    }
}

#[test]
fn every_test_of_the_list_tells_goroutines_apart() {
    let dump = dump(Format::Debug2);
    for text in TESTS.iter().filter(|text| **text != "inferred" && **text != "label.other != ''") {
        let matcher = Filter::default().and_where(text).unwrap().for_dump(&dump);
        let passed = dump.goroutines().filter(|g| matcher.matches(&g.row())).count();
        assert!(passed > 0 || text.contains("SYNC"), "{text} holds of none");
        assert!(passed < 48 || ["dups < 100"].contains(text), "{text} holds of all");
    }
}

#[test]
fn both_dialects_and_spellings() {
    for (a, b) in [
        (
            "duration > 10 && contains(lower(trace), 'http')",
            "wait>10m and lower(trace) contains 'http'",
        ),
        (
            ".state == \"select\" and .trace contains \"keepalive\"",
            "state=='select'&&trace.contains('keepalive')",
        ),
        ("!(locked||leaked)", "not (LOCKED OR leaked)"),
        ("state in (`a`, \"b\")", "state in ['b','a']"),
        ("10 < wait", "wait > 600s"),
        ("created-by =~ '\\d+'", "createdBy matches `\\d+`"),
        ("wait >= 1.5", "wait >= 90s"),
        ("label.k != 'x'", "! (label['k'] = 'x')"),
        ("not not id != 3", "!(id == 3)"),
    ] {
        let told = |text: &str| {
            let one = Where::new(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let tests: Vec<String> =
                one.tests.iter().map(|t| format!("{:?}", t.predicate)).collect();
            (one.expr, one.tests.iter().map(|t| t.field.clone()).collect::<Vec<_>>(), tests)
        };
        assert_eq!(told(a), told(b), "{a}\n{b}");
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let mut told = String::new();
    for text in [
        "",
        "state",
        "state ==",
        "state == select",
        "state > 3",
        "state > 'a'",
        "stat == 'select'",
        "colour == 'red'",
        "wait > soon",
        "wait > 10x",
        "wait > 'x'",
        "id == 5m",
        "(state == 'a'",
        "state == 'a')",
        "state == 'a' state == 'b'",
        "state == 'a' &&",
        "state == 'unended",
        "func =~ '('",
        "lower(wait) == 'x'",
        "locked == 1",
        "locked in (true)",
        "state in ()",
        "state in ('a', 3)",
        "label. == 'x'",
        "label[3] == 'x'",
        "trace.length() > 3",
        "contains(trace)",
        "'a' == 'b'",
        "func == top",
        "состояние == 'ждёт' && wait > 1 & 2",
    ] {
        let error = Where::new(text).unwrap_err();
        told.push_str(&error.to_string());
        told.push_str("\n\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn hostile_expressions_end() {
    let deep = |n: usize| format!("{}locked{}", "(".repeat(n), ")".repeat(n));
    assert!(Where::new(&deep(60)).is_ok());
    assert!(Where::new(&deep(100_000)).unwrap_err().is_syntax);
    assert!(Where::new(&deep(20_000)).unwrap_err().to_string().contains("64 parentheses"));
    assert!(Where::new(&"lower(".repeat(5000)).is_err());
    assert!(Where::new(&format!("{}locked", "!".repeat(60_000))).is_ok());
    assert!(Where::new(&format!("{}locked", "not ".repeat(16_000))).is_ok());
    let long = vec!["id == 1"; 5000].join(" || ");
    assert!(Where::new(&long).is_ok());
    assert!(Where::new(&format!("{}{}", "state", ".lower()".repeat(5000))).is_err());
    let lists = format!("id in ({})", vec!["7"; 20_000].join(","));
    assert!(Where::new(&lists).is_ok());
    assert!(Where::new(&"(locked || ".repeat(5000)).is_err());
}

/// Numbers that are the predicate's own are compared exactly.
#[test]
fn large_ids_are_not_rounded() {
    let one = Where::new("id == 18446744073709551614").unwrap();
    let Predicate::Number(_) = &one.tests[0].predicate else { panic!() };
    assert!(one.tests[0].predicate.of_number(18_446_744_073_709_551_614_000));
    assert!(!one.tests[0].predicate.of_number(18_446_744_073_709_551_613_000));
}
