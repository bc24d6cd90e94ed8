//! Dumps made up from real shapes, the same in every run.

use std::fmt::Write;

/// Numbers that look random: xorshift.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn address(&mut self) -> u64 {
        0x2cf8_0000_0000 | (self.next() & 0xffff_ffe0)
    }
}

/// A goroutine's shape: weight, state, calls (`*` is an address), creator.
type Shape =
    (usize, &'static str, &'static [(&'static str, &'static str)], (&'static str, &'static str));

const GO: &str = "/home/gophers/perf/go/go/src/";

/// Shapes of a service that is under load, with their share in a real dump.
const SHAPES: &[Shape] = &[
    (
        30,
        "select, 2 minutes",
        &[
            ("net.(*pipe).read(*, {*, 0x1000, 0xc81c68?})", "net/pipe.go:159 +0x145"),
            ("net.(*pipe).Read(*?, {*?, *?, 0xc81690?})", "net/pipe.go:142 +0x1c"),
            (
                "net/http.(*persistConn).Read(*, {*?, 0xd15380?, 0xd5f700?})",
                "net/http/transport.go:2300 +0x47",
            ),
            ("bufio.(*Reader).fill(*)", "bufio/bufio.go:113 +0x103"),
            ("bufio.(*Reader).Peek(*, 0x1)", "bufio/bufio.go:152 +0x52"),
            ("net/http.(*persistConn).readLoop(*)", "net/http/transport.go:2493 +0x17e"),
        ],
        ("net/http.(*Transport).dialConn", "net/http/transport.go:2123 +0x1da5"),
    ),
    (
        30,
        "select, 2 minutes",
        &[("net/http.(*persistConn).writeLoop(*)", "net/http/transport.go:2833 +0xe6")],
        ("net/http.(*Transport).dialConn", "net/http/transport.go:2124 +0x1e05"),
    ),
    (
        15,
        "IO wait, 3 minutes",
        &[
            ("internal/poll.runtime_pollWait(*, 0x72)", "runtime/netpoll.go:351 +0x85"),
            (
                "internal/poll.(*pollDesc).wait(*?, *?, 0x0)",
                "internal/poll/fd_poll_runtime.go:84 +0x27",
            ),
            ("internal/poll.(*pollDesc).waitRead(...)", "internal/poll/fd_poll_runtime.go:89"),
            (
                "internal/poll.(*FD).Read(*, {*, 0x1000, 0x1000})",
                "internal/poll/fd_unix.go:165 +0x27a",
            ),
            ("net.(*netFD).Read(*, {*?, 0x41c5a5?, *?})", "net/fd_posix.go:68 +0x25"),
            ("net.(*conn).Read(*, {*?, *?, 0x0?})", "net/net.go:196 +0x45"),
            (
                "net/http.(*connReader).Read(*, {*, 0x1000, 0x1000})",
                "net/http/server.go:856 +0x150",
            ),
            ("bufio.(*Reader).fill(*)", "bufio/bufio.go:113 +0x103"),
            ("bufio.(*Reader).Peek(*, 0x4)", "bufio/bufio.go:152 +0x53"),
            ("net/http.(*conn).serve(*, {0xd18858, *})", "net/http/server.go:2193 +0x833"),
        ],
        ("net/http.(*Server).Serve", "net/http/server.go:3604 +0x4fd"),
    ),
    (
        15,
        "sync.Mutex.Lock, 1 minutes",
        &[
            ("internal/sync.runtime_SemacquireMutex(*?, 0x0?, *?)", "runtime/sema.go:95 +0x25"),
            ("internal/sync.(*Mutex).lockSlow(*)", "internal/sync/mutex.go:149 +0x15d"),
            ("internal/sync.(*Mutex).Lock(...)", "internal/sync/mutex.go:70"),
            ("sync.(*Mutex).Lock(...)", "sync/mutex.go:46"),
            ("main.(*cache).get(*, {0xc4f2d6, 0x9})", "../../app/cache.go:44 +0x6c"),
            ("main.(*server).handle(*, *, *)", "../../app/server.go:101 +0x2ad"),
        ],
        ("main.(*server).accept", "../../app/server.go:60 +0x1b9"),
    ),
    (
        10,
        "chan receive",
        &[
            ("main.worker(*, 0x7)", "../../app/pool.go:27 +0x5b"),
            ("main.(*pool).start.func1()", "../../app/pool.go:18 +0x3c"),
        ],
        ("main.(*pool).start", "../../app/pool.go:17 +0x15a"),
    ),
];

/// A dump of a service at debug=2, of about `bytes` bytes.
pub(crate) fn service(bytes: usize) -> Vec<u8> {
    let mut numbers = Numbers(7);
    let mut out = String::from("goroutine 1 [running]:\nmain.main()\n\t/app/main.go:68 +0x4b7\n\n");
    let all: usize = SHAPES.iter().map(|shape| shape.0).sum();
    let mut goid = 18;
    while out.len() < bytes {
        let mut left = numbers.below(all);
        let shape = SHAPES.iter().find(|shape| {
            let found = left < shape.0;
            left = left.saturating_sub(shape.0);
            found
        });
        let (_, state, calls, creator) = shape.unwrap();
        goid += 1 + numbers.next() % 3;
        writeln!(out, "goroutine {goid} [{state}]:").unwrap();
        for (call, file) in *calls {
            for (index, part) in call.split('*').enumerate() {
                // A star after a parenthesis belongs to a name.
                if index > 0 && out.ends_with('(') && !part.starts_with(['?', ',', ')']) {
                    out.push('*');
                } else if index > 0 {
                    write!(out, "{:#x}", numbers.address()).unwrap();
                }
                out += part;
            }
            write!(out, "\n\t{GO}{file}\n").unwrap();
        }
        let by = goid - numbers.next() % 17;
        write!(out, "created by {} in goroutine {by}\n\t{GO}{}\n\n", creator.0, creator.1).unwrap();
    }
    out.into_bytes()
}

/// A dump at debug=2 of `count` goroutines with 36 frames, no two of which are alike.
pub(crate) fn deep(count: usize) -> Vec<u8> {
    let mut numbers = Numbers(11);
    let mut out = String::new();
    for goid in 0..count {
        write!(out, "goroutine {} [chan receive]:\n", goid + 18).unwrap();
        write!(
            out,
            "main.(*walker).step(0x0?, {:#x}?)\n\t/app/main.go:27 +0x5b\n",
            numbers.address()
        )
        .unwrap();
        let way = numbers.next();
        for level in 0..17 {
            let (name, line, from) =
                if way >> level & 1 == 0 { ("left", 19, 31) } else { ("right", 22, 33) };
            write!(out, "main.(*walker).{name}(0x0?, 0x0?)\n\t/app/main.go:{line} +0x16\n")
                .unwrap();
            write!(out, "main.(*walker).step(0x0?, 0x0?)\n\t/app/main.go:{from} +0x3c\n").unwrap();
        }
        out += "main.main.func1()\n\t/app/main.go:54 +0x1b9\n";
        out += "created by main.main in goroutine 1\n\t/app/main.go:45 +0x15a\n\n";
    }
    out.into_bytes()
}

/// A dump at debug=2 of `count` goroutines, each with labels of its own.
pub(crate) fn labelled(count: usize) -> Vec<u8> {
    let mut out = String::new();
    for goid in 0..count {
        let tenant = goid % 50;
        write!(
            out,
            "goroutine {} [select] {{request_id: \"req-{goid}\", tenant: t{tenant}}}:\n",
            goid + 18
        )
        .unwrap();
        for level in 0..10 {
            write!(
                out,
                "main.(*walker).step{level}({:#x}?, 0x0?)\n\t/app/main.go:{level} +0x5b\n",
                goid * 64
            )
            .unwrap();
        }
        out += "created by main.main in goroutine 1\n\t/app/main.go:45 +0x15a\n\n";
    }
    out.into_bytes()
}

/// A profile at debug=1 of `count` records with 36 frames, no two of which are alike.
pub(crate) fn aggregated(count: usize) -> Vec<u8> {
    let mut numbers = Numbers(13);
    let mut out = format!("goroutine profile: total {count}\n");
    for _ in 0..count {
        let way = numbers.next();
        let (mut addresses, mut lines) = (String::new(), String::new());
        for level in 0..36 {
            let (name, line) = if way >> level & 1 == 0 { ("left", 19) } else { ("right", 22) };
            let pc = 0x48_0000 + level * 64 + line;
            write!(addresses, " {:#x}", pc + 1).unwrap();
            write!(lines, "#\t{pc:#x}\tmain.(*walker).{name}+0x{level:x}\t\t/app/main.go:{line}\n")
                .unwrap();
        }
        write!(out, "1 @{addresses}\n{lines}\n").unwrap();
    }
    out.into_bytes()
}

/// A dump at debug=2 of `count` locks, each with two goroutines that wait for it and one that likely
/// holds it.
pub(crate) fn locks(count: usize) -> Vec<u8> {
    let mut out = String::new();
    for lock in 0..count {
        let (object, goid) = (0x2cf8_0000_0000u64 + lock as u64 * 64, 18 + 3 * lock);
        for waiter in 0..2 {
            write!(
                out,
                "goroutine {} [sync.Mutex.Lock, 5 minutes]:\n\
                 internal/sync.(*Mutex).lockSlow({:#x})\n\t{GO}internal/sync/mutex.go:149 +0x15d\n\
                 internal/sync.(*Mutex).Lock(...)\n\t{GO}internal/sync/mutex.go:70\n\
                 sync.(*Mutex).Lock(...)\n\t{GO}sync/mutex.go:46\n\
                 main.(*account).Debit{waiter}({object:#x})\n\t/app/main.go:{} +0x45\n\
                 created by main.main in goroutine 1\n\t/app/main.go:99 +0x33\n\n",
                goid + waiter,
                object + 8,
                10 + waiter
            )
            .unwrap();
        }
        write!(
            out,
            "goroutine {} [chan receive, 5 minutes]:\n\
             main.(*account).Audit({object:#x})\n\t/app/main.go:30 +0x45\n\
             created by main.main in goroutine 1\n\t/app/main.go:98 +0x33\n\n",
            goid + 2
        )
        .unwrap();
    }
    out.into_bytes()
}

/// A dump at debug=2 of `count` goroutines, each in a function of its own: groups of equal size.
pub(crate) fn groups(count: usize) -> Vec<u8> {
    let mut out = String::new();
    for group in 0..count {
        write!(
            out,
            "goroutine {} [chan receive, 5 minutes]:\n\
             main.task{group}({:#x})\n\t/app/main.go:{} +0x45\n\
             main.run{}(0x1)\n\t/app/main.go:{} +0x45\n\
             created by main.main in goroutine {}\n\t/app/main.go:99 +0x33\n\n",
            group + 18,
            0x2cf8_0000_0000u64 + group as u64 * 64,
            1 + group % 1000,
            group % 100,
            1 + group % 77,
            group / 4 + 1
        )
        .unwrap();
    }
    out.into_bytes()
}

/// A dump at debug=2 of goroutines that wait to send, five in a method of each of `count` types.
pub(crate) fn senders(count: usize) -> Vec<u8> {
    let mut out = String::new();
    for goid in 0..5 * count {
        let group = goid / 5;
        write!(
            out,
            "goroutine {} [chan send, 5 minutes]:\n\
             main.(*feed{group}).send({:#x})\n\t/app/main.go:{} +0x45\n\
             main.run{}(0x1)\n\t/app/main.go:{} +0x45\n\
             created by main.start{group} in goroutine {}\n\t/app/main.go:99 +0x33\n\n",
            goid + 18,
            0x2cf8_0000_0000u64 + group as u64 * 64,
            1 + group % 1000,
            group % 100,
            1 + group % 77,
            goid / 3 + 1
        )
        .unwrap();
    }
    out.into_bytes()
}

/// A profile at debug=0 of `count` samples with 36 frames, no two of which are alike.
pub(crate) fn proto(count: usize) -> Vec<u8> {
    let mut numbers = Numbers(17);
    let mut out = Vec::new();
    field(&mut out, 1, &[8, 1, 16, 2]);
    for _ in 0..count {
        let way = numbers.next();
        let ids: Vec<u8> =
            (0..36).map(|level| 1 + 2 * level + u8::from(way >> level & 1 == 1)).collect();
        let mut sample = Vec::new();
        field(&mut sample, 1, &ids);
        field(&mut sample, 2, &[1]);
        field(&mut out, 2, &sample);
    }
    for id in 1..=72 {
        let mut location = vec![8, id, 16, 1, 24];
        varint(&mut location, 0x48_0000 + u64::from(id) * 64);
        field(&mut location, 4, &[8, id, 16, id]);
        field(&mut out, 4, &location);
    }
    for id in 1..=72 {
        field(&mut out, 5, &[8, id, 16, id + 2, 24, id + 2, 32, 75]);
    }
    for text in ["", "goroutine", "count"] {
        field(&mut out, 6, text.as_bytes());
    }
    for id in 1..=72 {
        field(&mut out, 6, format!("main.(*walker).step{id}").as_bytes());
    }
    field(&mut out, 6, b"/app/main.go");
    out
}

fn field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}
