//! What the analyses of locks, `WaitGroup`s and channels say of made-up dumps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

mod text;

use crate::support::whole;
use crate::support::worded::Worded;
use gdump::diagnose::facts::{Case, Config};
use gdump::diagnose::history::History;
use gdump::diagnose::waitfor::Why;
use gdump::diagnose::{Category, Confidence, Facts, Finding, Known, Severity, find};
use gdump::model::Dump;
use gdump::parse::{Options, parse};
use gdump::source::Stream;

use text::{Text, frames, mutex, network, reader, wait_group, writer};

fn findings(text: &str) -> Vec<Finding> {
    let text = whole(text);
    let mut stream = Stream::new(text.as_bytes());
    let dump: Dump = parse(&mut stream, "test", &Options::default()).unwrap().remove(0);
    let facts = Facts::new(&dump);
    let known = Known::built_in();
    let config = Config::default();
    find::run(&Case::new(&facts, History::none(), &config, &known))
}

fn first(text: &Text) -> Finding {
    findings(&text.0).into_iter().next().expect("there is a finding")
}

/// A healthy program around the fault, so that the dump is no excerpt.
fn program() -> Text {
    Text::default().add(1, "IO wait, 9 minutes", &network(&["main.main()@5"]), "").add(
        2,
        "sleep",
        &frames(&["time.Sleep(0x3b9aca00)", "other.tick()@3"]),
        "main.main in goroutine 1",
    )
}

const A: &str = "0xc000100008";
const B: &str = "0xc000200008";

#[test]
fn the_holder_is_found_by_the_offset_in_its_receiver() {
    let get = mutex(A, &["main.(*cache).Get(0xc000100000, 0x1)@30", "main.handle()@9"]);
    let other = network(&["main.(*cache).refresh(0xc000300000)@40"]);
    let holder = network(&["main.(*cache).refresh(0xc000100000)@40"]);
    let text = program()
        .many(100, 30, "sync.Mutex.Lock, 3 minutes", &get, "main.serve in goroutine 9")
        .add(50, "IO wait, 3 minutes", &other, "main.start in goroutine 1")
        .add(51, "IO wait, 3 minutes", &holder, "main.start in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("lock-pileup", Category::Contention));
    assert_eq!((found.severity, found.confidence), (Severity::High, Confidence::Likely));
    let root = found.root.clone().unwrap();
    assert_eq!(root.goids, [51]);
    assert!(
        found.title().contains("main.(*cache).refresh, is reading from the network"),
        "{}",
        found.title()
    );
    assert!(
        found.evidence().iter().any(|line| line.contains("offset 8")),
        "{:?}",
        found.evidence()
    );
    let chain = found.chain.unwrap();
    assert_eq!((chain.link.goids, chain.victims[0].link.count), (vec![51], 30));
}

#[test]
fn several_in_one_place_cannot_all_hold_a_mutex() {
    let get = mutex(A, &["main.(*cache).Get(0xc000100000, 0x1)@30", "main.handle()@9"]);
    let fetch = network(&["main.(*cache).fetch(0xc000100000)@50"]);
    let holder = frames(&["main.(*cache).flush(0xc000100000)@40"]);
    let text = program()
        .many(100, 30, "sync.Mutex.Lock, 3 minutes", &get, "main.serve in goroutine 9")
        .many(50, 4, "IO wait, 3 minutes", &fetch, "main.start in goroutine 1")
        .add(60, "chan receive, 3 minutes", &holder, "main.start in goroutine 1");
    let found = first(&text);
    assert_eq!(found.root.unwrap().goids, [60]);
}

#[test]
fn words_that_go_marks_are_no_evidence() {
    let get = mutex(A, &["main.(*cache).Get(0xc000100000, 0x1)@30"]);
    let stale = network(&["main.(*pool).fill(0xc000100000?)@40"]);
    let text = program()
        .many(100, 30, "sync.Mutex.Lock, 3 minutes", &get, "main.serve in goroutine 9")
        .add(51, "IO wait, 3 minutes", &stale, "main.start in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("abandoned-lock", Category::Deadlock));
    assert!(found.title().contains("main.(*cache).Get"), "{}", found.title());
}

#[test]
fn a_holder_blocked_on_a_channel_is_a_deadlock() {
    let wait = mutex(A, &["main.(*hub).Close(0xc000100000)@30"]);
    let send = frames(&["main.(*hub).Publish(0xc000100000)@44", "main.produce()@3"]);
    let text = program()
        .add(20, "sync.Mutex.Lock, 4 minutes", &wait, "main.run in goroutine 1")
        .add(21, "chan send, 4 minutes", &send, "main.run in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("wait-cycle", Category::Deadlock));
    assert_eq!(found.root.unwrap().goids, [21]);
}

#[test]
fn a_holder_whose_channel_somebody_at_work_may_serve_is_no_deadlock() {
    let wait = mutex(A, &["main.(*hub).Close(0xc000100000)@30"]);
    let send = frames(&["main.(*hub).Publish(0xc000100000)@44", "main.produce()@3"]);
    let drain = network(&["main.(*hub).drain(0xc000100000)@60"]);
    let text = program()
        .add(20, "sync.Mutex.Lock", &wait, "main.run in goroutine 1")
        .add(21, "chan send", &send, "main.run in goroutine 1")
        .add(22, "IO wait", &drain, "main.run in goroutine 1");
    let all = findings(&text.0);
    assert!(all.iter().all(|finding| finding.category != Category::Deadlock), "{all:?}");
}

#[test]
fn a_lock_holder_that_waits_for_children_who_need_the_lock() {
    let child = mutex(A, &["main.(*book).post(0xc000100000)@20"]);
    let parent = wait_group("0xc000400000", &["main.(*book).close(0xc000100000)@30"]);
    let crowd = mutex(A, &["main.(*book).total(0xc000100000)@40"]);
    let text = program()
        .many(40, 3, "sync.Mutex.Lock, 3 minutes", &child, "main.(*book).close in goroutine 30")
        .add(30, "sync.WaitGroup.Wait, 3 minutes", &parent, "main.run in goroutine 1")
        .many(100, 9, "sync.Mutex.Lock, 3 minutes", &crowd, "main.serve in goroutine 9");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("wait-cycle", Category::Deadlock));
    assert_eq!((found.severity, found.confidence), (Severity::High, Confidence::Likely));
    assert_eq!(found.count, 13);
    let chain = found.chain.unwrap();
    assert_eq!((chain.link.goids.clone(), chain.behind()), (vec![30], 12));
    assert_eq!(chain.closes, Some((Why::Child, Confidence::Likely)));
    let member = &chain.victims[0];
    assert_eq!((member.member, member.link.count), (true, 3));
    assert_eq!(member.edge, Some((Why::Lock, Confidence::Likely)));
}

#[test]
fn a_lock_holder_that_waits_for_children_at_work_is_contention() {
    let child = network(&["main.(*book).fetch(0xc000500000)@20"]);
    let parent = wait_group("0xc000400000", &["main.(*book).load(0xc000100000)@30"]);
    let crowd = mutex(A, &["main.(*book).total(0xc000100000)@40"]);
    let text = program()
        .many(40, 3, "IO wait, 3 minutes", &child, "main.(*book).load in goroutine 30")
        .add(30, "sync.WaitGroup.Wait, 3 minutes", &parent, "main.run in goroutine 1")
        .many(100, 9, "sync.Mutex.Lock, 3 minutes", &crowd, "main.serve in goroutine 9");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("lock-pileup", Category::Contention));
    // The tree starts with those at work; who holds the lock waits for them.
    let chain = found.chain.clone().unwrap();
    assert_eq!((chain.link.count, chain.victims[0].link.goids.clone()), (3, vec![30]));
    assert_eq!(chain.victims[0].victims[0].link.count, 9);
    assert!(found.title().contains("main.(*book).fetch, which is reading"), "{}", found.title());
}

#[test]
fn a_circle_over_two_waitgroups_is_told_whole() {
    let carry = mutex(A, &["main.(*site).carry(0xc000100000)@20"]);
    let wall = wait_group("0xc000410000", &["main.(*crew).wall(0xc000200000)@30"]);
    let raise = wait_group("0xc000400000", &["main.(*site).raise(0xc000100000)@40"]);
    let text = program()
        .many(60, 2, "sync.Mutex.Lock, 3 minutes", &carry, "main.(*crew).wall in goroutine 50")
        .add(50, "sync.WaitGroup.Wait, 3 minutes", &wall, "main.(*site).raise in goroutine 40")
        .add(40, "sync.WaitGroup.Wait, 3 minutes", &raise, "main.run in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category, found.count), ("wait-cycle", Category::Deadlock, 4));
    let chain = found.chain.unwrap();
    let carry = &chain.victims[0];
    let wall = &carry.victims[0];
    assert_eq!((chain.link.goids[0], carry.link.count, wall.link.goids[0]), (40, 2, 50));
    assert!(carry.member && wall.member && wall.victims.is_empty());
}

#[test]
fn readers_behind_a_writer_hang_below_it() {
    let reads = reader(&["main.(*map).get(0xc000100000)@20"]);
    let write = writer(&["main.(*map).put(0xc000100000)@30"]);
    let hold = network(&["main.(*map).dump(0xc000100000)@40"]);
    let text = program()
        .many(100, 9, "sync.RWMutex.RLock, 3 minutes", &reads, "main.serve in goroutine 9")
        .add(31, "sync.RWMutex.Lock, 3 minutes", &write, "main.run in goroutine 1")
        .add(32, "IO wait, 3 minutes", &hold, "main.run in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("lock-pileup", Category::Contention));
    let chain = found.chain.unwrap();
    let writer = &chain.victims[0];
    assert_eq!((chain.link.goids[0], writer.link.goids[0]), (32, 31));
    assert_eq!(writer.victims[0].edge, Some((Why::Writer, Confidence::Likely)));
    assert_eq!(writer.victims[0].link.count, 9);
}

#[test]
fn a_chain_of_holders_leads_to_its_end() {
    let crowd = mutex(A, &["main.(*front).Get(0xc000100000)@30"]);
    let middle =
        mutex(B, &["main.(*back).Load(0xc000200000)@50", "main.(*front).fill(0xc000100000)@35"]);
    let root = network(&["main.(*back).dial(0xc000200000)@60"]);
    let text = program()
        .many(100, 25, "sync.Mutex.Lock, 3 minutes", &crowd, "main.serve in goroutine 9")
        .add(30, "sync.Mutex.Lock, 4 minutes", &middle, "main.run in goroutine 1")
        .add(31, "IO wait, 4 minutes", &root, "main.run in goroutine 1");
    let all = findings(&text.0);
    assert_eq!(all.len(), 1, "{:?}", all.iter().map(Worded::title).collect::<Vec<_>>());
    assert_eq!(all[0].root.as_ref().unwrap().goids, [31]);
    assert_eq!(all[0].count, 27);
    assert!(all[0].title().contains("main.(*back).dial"), "{}", all[0].title());
}

#[test]
fn crossed_receivers_are_a_cycle() {
    let one = mutex(B, &["main.(*b).Use(0xc000200000)@50", "main.(*a).Run(0xc000100000)@35"]);
    let two = mutex(A, &["main.(*a).Use(0xc000100000)@20", "main.(*b).Run(0xc000200000)@55"]);
    let text = program()
        .add(30, "sync.Mutex.Lock, 4 minutes", &one, "main.run in goroutine 1")
        .add(31, "sync.Mutex.Lock, 4 minutes", &two, "main.run in goroutine 1");
    let found = first(&text);
    assert_eq!(
        (found.kind, found.category, found.confidence),
        ("ab-ba", Category::Deadlock, Confidence::Likely)
    );
    assert_eq!(found.severity, Severity::High);
}

#[test]
fn philosophers_in_one_function_are_a_cycle() {
    let mut text = program();
    for (id, lock) in [(30, "0xc000400000"), (31, "0xc000400020"), (32, "0xc000400040")] {
        let eat = mutex(lock, &["main.dine(0xc000400000?, 0xc000400020?)@20"]);
        text = text.add(id, "sync.Mutex.Lock, 4 minutes", &eat, "main.table in goroutine 9");
    }
    let found = first(&text);
    assert_eq!((found.kind, found.count), ("ab-ba", 3));
}

#[test]
fn a_method_that_calls_a_locking_method_stops_itself() {
    let own = mutex(
        A,
        &[
            "main.(*tree).Len(0xc000100000)@12",
            "main.(*tree).Walk.func1()@21",
            "main.(*tree).Walk(0xc000100000)@20",
            "main.report()@4",
        ],
    );
    let crowd = mutex(A, &["main.(*tree).Len(0xc000100000)@12", "main.handle()@9"]);
    let text = program()
        .add(30, "sync.Mutex.Lock, 4 minutes", &own, "main.run in goroutine 1")
        .many(100, 25, "sync.Mutex.Lock, 3 minutes", &crowd, "main.serve in goroutine 9");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("self-deadlock", Category::Deadlock));
    assert_eq!(found.root.clone().unwrap().goids, [30]);
    assert!(found.title().contains("(*tree).Walk"), "{}", found.title());
}

#[test]
fn a_call_path_that_all_waiters_share_is_no_self_deadlock() {
    let path =
        mutex(A, &["main.(*store).get(0xc000100000)@12", "main.(*store).Serve(0xc000100000)@20"]);
    let holder = network(&["main.(*store).load(0xc000100000)@60"]);
    let text = program()
        .many(100, 25, "sync.Mutex.Lock, 3 minutes", &path, "main.serve in goroutine 9")
        .add(31, "IO wait, 4 minutes", &holder, "main.run in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("lock-pileup", Category::Contention));
}

#[test]
fn a_once_that_calls_itself() {
    let mut own = frames(&[
        "internal/sync.(*Mutex).lockSlow(0xc000100004)",
        "sync.(*Mutex).Lock(...)",
        "sync.(*Once).doSlow(0x0?, 0x0?)",
        "sync.(*Once).Do(...)",
        "main.config()@12",
        "main.load.func1()@30",
    ]);
    own.extend(frames(&[
        "sync.(*Once).doSlow(0xc000100000, 0x0?)",
        "sync.(*Once).Do(...)",
        "main.config()@12",
        "main.setup()@5",
    ]));
    let text = program().add(30, "sync.Mutex.Lock, 4 minutes", &own, "main.run in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("once-recursion", Category::Deadlock));
    assert!(found.title().contains("main.config"), "{}", found.title());
}

#[test]
fn callers_of_a_once_wait_for_who_runs_its_function() {
    let wait = frames(&[
        "internal/sync.(*Mutex).lockSlow(0xc000100004)",
        "sync.(*Mutex).Lock(...)",
        "sync.(*Once).doSlow(0x0?, 0x0?)",
        "sync.(*Once).Do(...)",
        "main.config()@12",
    ]);
    let runs = network(&[
        "main.load()@30",
        "sync.(*Once).doSlow(0x0?, 0x0?)",
        "sync.(*Once).Do(...)",
        "main.config()@12",
    ]);
    let text = program()
        .many(100, 30, "sync.Mutex.Lock, 3 minutes", &wait, "main.serve in goroutine 9")
        .add(31, "IO wait, 3 minutes", &runs, "main.serve in goroutine 9");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("lock-pileup", Category::Contention));
    assert_eq!(found.root.unwrap().goids, [31]);
}

#[test]
fn a_reader_that_reads_again_behind_a_writer() {
    let again =
        reader(&["main.(*reg).Count(0xc000100000)@12", "main.(*reg).Report(0xc000100000)@20"]);
    let write = writer(&["main.(*reg).Set(0xc000100000)@30"]);
    let crowd = reader(&["main.(*reg).Count(0xc000100000)@12", "main.handle()@9"]);
    let text = program()
        .add(30, "sync.RWMutex.RLock, 4 minutes", &again, "main.run in goroutine 1")
        .add(31, "sync.RWMutex.Lock, 4 minutes", &write, "main.run in goroutine 1")
        .many(100, 25, "sync.RWMutex.RLock", &crowd, "main.serve in goroutine 9");
    let found = first(&text);
    assert_eq!((found.kind, found.severity), ("recursive-read-lock", Severity::High));
    assert!(
        found.title().contains("(*reg).Report") && found.title().contains("(*reg).Set"),
        "{}",
        found.title()
    );
}

#[test]
fn readers_wait_for_a_writer_that_waits_for_one_reader() {
    let write = writer(&["main.(*reg).Set(0xc000100000)@30"]);
    let crowd = reader(&["main.(*reg).Get(0xc000100000)@12", "main.handle()@9"]);
    let slow = network(&["main.(*reg).Dump(0xc000100000, 0x0)@44"]);
    let text = program()
        .add(31, "sync.RWMutex.Lock, 3 minutes", &write, "main.run in goroutine 1")
        .many(100, 25, "sync.RWMutex.RLock, 3 minutes", &crowd, "main.serve in goroutine 9")
        .add(32, "IO wait, 3 minutes", &slow, "main.run in goroutine 1");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("lock-pileup", Category::Contention));
    assert!(found.title().contains("main.(*reg).Dump"), "{}", found.title());
}

#[test]
fn old_go_prints_the_semaphore() {
    // Go 1.13: RLock is at +12, the writer that waits for readers at +8, a mutex at +4.
    let read = frames(&[
        "sync.runtime_SemacquireMutex(0xc00010003c, 0x0, 0x0)",
        "sync.(*RWMutex).RLock(...)",
        "main.(*core).Standby(0xc000100000)@69",
    ]);
    let write = frames(&[
        "sync.runtime_SemacquireMutex(0xc000100038, 0x0, 0x0)",
        "sync.(*RWMutex).Lock(0xc000100030)",
        "main.(*core).Seal(0xc000100000)@90",
    ]);
    let hold = frames(&["main.(*core).forward(0xc000100000)@40", "main.handle(0xc000111000)@3"]);
    let text = program()
        .many(100, 30, "semacquire, 111 minutes", &read, "net/http.(*Server).Serve")
        .add(31, "semacquire, 111 minutes", &write, "main.run")
        .add(32, "chan send, 111 minutes", &hold, "main.run");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("wait-cycle", Category::Deadlock));
    assert_eq!(found.root.unwrap().goids, [32]);
    assert_eq!(found.count, 32);
}

#[test]
fn a_goroutine_in_unlock_makes_it_a_convoy() {
    let crowd = mutex(A, &["main.(*stats).Add(0xc000100000)@12"]);
    let unlock = frames(&[
        "internal/sync.(*Mutex).unlockSlow(0xc000100008, 0x0?)",
        "internal/sync.(*Mutex).Unlock(...)",
        "sync.(*Mutex).Unlock(...)",
        "main.(*stats).Add(0xc000100000)@14",
    ]);
    let text = program().many(100, 60, "sync.Mutex.Lock", &crowd, "main.serve in goroutine 9").add(
        31,
        "runnable",
        &unlock,
        "main.serve in goroutine 9",
    );
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("lock-convoy", Category::Contention));
}

#[test]
fn one_young_waiter_is_no_finding_to_speak_of() {
    let wait =
        mutex(A, &["main.(*stats).Add(0xc000100000)@12", "main.(*stats).Serve(0xc000100000)@10"]);
    let idle = network(&["main.serve()@9"]);
    let text = program().add(31, "sync.Mutex.Lock", &wait, "main.run in goroutine 1").many(
        100,
        40,
        "IO wait, 5 minutes",
        &idle,
        "main.run in goroutine 1",
    );
    let worst = findings(&text.0).iter().map(|found| found.severity).max();
    assert!(worst <= Some(Severity::Low), "{worst:?}");
}

#[test]
fn a_partial_dump_has_no_abandoned_lock() {
    let wait = mutex(A, &["main.(*stats).Add(0xc000100000)@12"]);
    let mut text = Text::default().many(100, 30, "sync.Mutex.Lock, 3 minutes", &wait, "main.serve");
    text.0.push_str("goroutine 999 [sele");
    let found = first(&text);
    assert_eq!((found.kind, found.confidence), ("lock-pileup", Confidence::Possible));
}

#[test]
fn the_blocked_child_is_to_blame_for_the_waitgroup() {
    let mut text = program();
    for id in 0..6 {
        let wait = frames(&[
            "sync.runtime_SemacquireWaitGroup(0x0?, 0x0?)",
            "sync.(*WaitGroup).Wait(0xc000500000)",
            "main.(*batch).run(0xc000500000)@40",
        ]);
        let child = frames(&["main.(*batch).shard(0x0?)@60"]);
        text = text
            .add(100 + id, "sync.WaitGroup.Wait, 2 minutes", &wait, "main.serve in goroutine 9")
            .add(
                200 + id,
                "chan receive (nil chan), 2 minutes",
                &child,
                &format!("main.(*batch).run in goroutine {}", 100 + id),
            );
    }
    let found = first(&text);
    assert!(found.title().contains("main.(*batch).shard"), "{}", found.title());
    assert_eq!(found.category, Category::Leak);
    let all = findings(&text.0);
    assert!(all.iter().any(|found| found.kind == "waitgroup-waits-for-children"));
}

#[test]
fn a_waitgroup_without_children_is_never_done() {
    let mut text = program();
    for id in 0..25 {
        let wait = frames(&[
            "sync.runtime_SemacquireWaitGroup(0x0?, 0x0?)",
            "sync.(*WaitGroup).Wait(0xc000500000)",
            "main.fanOut()@40",
        ]);
        text = text.add(
            100 + id,
            "sync.WaitGroup.Wait, 2 minutes",
            &wait,
            "main.serve in goroutine 9",
        );
    }
    let found = first(&text);
    assert_eq!((found.kind, found.severity), ("waitgroup-never-done", Severity::High));
}

#[test]
fn consumers_that_are_gone_slow_or_there() {
    let send = frames(&["main.(*hub).Publish(0xc000100000)@30", "main.handle()@9"]);
    let senders =
        || program().many(100, 40, "chan send, 2 minutes", &send, "main.serve in goroutine 9");
    assert_eq!(first(&senders()).kind, "dead-consumer");
    let slow = frames(&["time.Sleep(0x3b9aca00)", "main.(*hub).loop(0xc000100000)@50"]);
    let found = first(&senders().add(30, "sleep", &slow, "main.start in goroutine 1"));
    assert_eq!((found.kind, found.category), ("slow-consumer", Category::Backpressure));
    assert_eq!(found.root.unwrap().goids, [30]);
}

#[test]
fn a_wait_in_a_synctest_bubble_is_the_same_wait() {
    let send = frames(&["main.(*hub).Publish(0xc000100000)@30", "main.handle()@9"]);
    let limit = frames(&["main.limited(0x0?)@30", "main.handle()@9"]);
    let hold = network(&["main.fetch()@70", "main.limited(0x0?)@33", "main.handle()@9"]);
    let children = frames(&["sync.(*WaitGroup).Wait(0xc000500000)", "main.fanOut()@40"]);
    let said = |mark: &str| {
        let state = |state: &str| format!("{state}{mark}, 2 minutes");
        let text = program()
            .many(100, 40, &state("chan send"), &send, "main.serve in goroutine 9")
            .many(200, 60, &state("chan send"), &limit, "main.serve in goroutine 9")
            .many(300, 4, "IO wait, 1 minutes", &hold, "main.serve in goroutine 9")
            .many(400, 25, &state("sync.WaitGroup.Wait"), &children, "main.serve in goroutine 9");
        let found = findings(&text.0).into_iter();
        found.map(|found| (found.kind, found.severity, found.count)).collect::<Vec<_>>()
    };
    let plain = said("");
    let kinds: Vec<_> = plain.iter().map(|(kind, ..)| *kind).collect();
    for kind in ["dead-consumer", "semaphore-exhausted", "waitgroup-never-done"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert_eq!(said(" (durable)"), plain);
}

#[test]
fn a_semaphore_with_all_places_taken() {
    let wait = frames(&["main.limited(0x0?)@30", "main.handle()@9"]);
    let hold = network(&["main.fetch()@70", "main.limited(0x0?)@33", "main.handle()@9"]);
    let text = program()
        .many(100, 60, "chan send, 1 minutes", &wait, "main.serve in goroutine 9")
        .many(200, 4, "IO wait, 1 minutes", &hold, "main.serve in goroutine 9");
    let found = first(&text);
    assert_eq!((found.kind, found.category), ("semaphore-exhausted", Category::Contention));
    assert!(found.title().contains("main.fetch"), "{}", found.title());
}

#[test]
fn callers_that_pile_up_in_a_cond() {
    let pop = frames(&[
        "sync.runtime_notifyListWait(0xc000100010, 0x0)",
        "sync.(*Cond).Wait(0x0?)",
        "main.(*queue).Pop(0xc000100000)@30",
    ]);
    let pile = program()
        .many(100, 20, "sync.Cond.Wait, 3 minutes", &pop, "main.serve in goroutine 9")
        .many(200, 20, "sync.Cond.Wait", &pop, "main.serve in goroutine 9");
    assert_eq!(first(&pile).kind, "cond-never-signalled");
    let pool =
        program().many(100, 40, "sync.Cond.Wait, 3 minutes", &pop, "main.start in goroutine 1");
    assert!(findings(&pool.0).iter().all(|found| found.kind != "cond-never-signalled"));
}

/// Go's own check says only that all are asleep: who waits for whom is what people look for.
#[test]
fn circles_are_named_where_all_are_asleep() {
    let cases = [
        ("crosswise", "ab-ba", "main.(*bottle).fill"),
        ("crew", "wait-cycle", "main.crew holds the mutex"),
        ("pipeline", "all-asleep", "main.pipeline waits in chan receive"),
        ("waitgroup", "all-asleep", "sync.WaitGroup.Wait"),
    ];
    for (name, kind, title) in cases {
        let file =
            crate::support::root().join(format!("testdata/debug2/deadlock-{name}.go1.27.txt"));
        let found = findings(&std::fs::read_to_string(file).unwrap());
        assert_eq!((found[0].kind, found[0].severity), (kind, Severity::High), "{name}");
        assert!(found[0].title().contains(title), "{name}: {}", found[0].title());
        let asleep = found.iter().find(|finding| finding.kind == "all-asleep").unwrap();
        assert_eq!(asleep.severity == Severity::High, kind == "all-asleep", "{name}");
        // The program has ended.
        let next = found.iter().flat_map(Worded::steps);
        assert_eq!(next.filter(|step| step.contains("second")).count(), 0, "{name}");
    }
}

#[test]
fn who_started_all_waiters_and_waits_for_them_may_hold_their_lock() {
    let dump = |age: &str, other: bool| {
        let mut text = program().add(
            20,
            &format!("sync.WaitGroup.Wait{age}"),
            &wait_group("0xc000500000", &["main.harvest()@12"]),
            "main.main in goroutine 1",
        );
        for id in 30..34 {
            let by = if other && id == 33 {
                "main.other in goroutine 1"
            } else {
                "main.harvest in goroutine 20"
            };
            text = text.add(
                id,
                &format!("sync.Mutex.Lock{age}"),
                &mutex(A, &["main.(*barn).stack()@9"]),
                by,
            );
        }
        first(&text)
    };
    let found = dump(", 3 minutes", false);
    assert_eq!((found.kind, found.severity), ("wait-cycle", Severity::High));
    assert!(found.title().starts_with("main.harvest holds the mutex"), "{}", found.title());
    // For a moment one of them may have it, and then the next.
    assert_ne!(dump("", false).kind, "wait-cycle");
    // Who comes from elsewhere has the lock from elsewhere.
    assert_ne!(dump(", 3 minutes", true).kind, "wait-cycle");
}
