//! `gdump record URL`: takes a cheap dump again and again, and the whole text when something trips.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::check;
use crate::cli::connect::{Ask, Common, Live};
use crate::cli::values::{self, FailOn};
use crate::cli::{Exit, complain, fail, live, note};
use crate::diagnose::Finding;
use crate::error::{Error, Result};
use crate::gate::{Max, Reason, Rules};
use crate::live::bundle::{self, Manifest};
use crate::live::identity::identity;
use crate::live::judge::{Judge, Judgement};
use crate::live::pace::patience;
use crate::live::store::Store;
use crate::live::take::{self, Piece, Policy};
use crate::live::trigger::Triggers;
use crate::model::Dump;
use crate::render::wording;
use crate::render::words::counted;
use crate::source::http::{Address, Client, Poll};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump record http://localhost:6060 -o dumps --keep 24h --max-size 1G
  gdump record http://localhost:6060 -o dumps --every 10s --over 5000 --doubling
  gdump record http://localhost:6060 -o dumps --on-finding leak,deadlock:low
  gdump record http://localhost:6060 -o dumps --max 'state:chan send=100' --baseline accepted.txt
  gdump leaks dumps                          what grew

Each dump is debug=0, which costs the process little; when something trips, debug=2 is taken too.";

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[arg(
        value_name = "URL",
        help = "The process: http://HOST:PORT, https://…, unix:///PATH.sock"
    )]
    url: String,
    /// The folder to write to; it is an input of every command
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Time from one dump to the next
    #[arg(long, value_name = "DURATION", value_parser = values::time, default_value = "30s")]
    every: Duration,
    /// End after so long; without it Ctrl-C ends
    #[arg(long = "for", value_name = "DURATION", value_parser = values::time)]
    during: Option<Duration>,
    /// Remove dumps that are older
    #[arg(long, value_name = "DURATION", value_parser = values::time, help_heading = "Rotation")]
    keep: Option<Duration>,
    /// Remove the oldest dumps when all together are larger
    #[arg(long, value_name = "SIZE", value_parser = values::size, help_heading = "Rotation")]
    max_size: Option<u64>,
    /// Take the whole text (debug=2) when there are more goroutines than N
    #[arg(long, value_name = "N", help_heading = "Triggers")]
    over: Option<i64>,
    /// Take the whole text when the goroutines have doubled
    #[arg(long, help_heading = "Triggers")]
    doubling: bool,
    /// Take the whole text when there is a finding of that kind, as for --fail-on (leak, deadlock:low,
    /// any:high), that the dump before had not; the first dump only says what is there
    #[arg(long, value_name = "WHAT[:SEVERITY]", value_parser = values::fail_on, value_delimiter = ',', help_heading = "Triggers")]
    on_finding: Vec<FailOn>,
    /// Take the whole text when there are more than a gate allows, as for check: goroutines=10000,
    /// 'state:chan send=100', group:FUNCTION=20; may be repeated
    #[arg(long, value_name = "WHAT=N", value_parser = Max::parse, help_heading = "Triggers")]
    max: Vec<Max>,
    /// Take the whole text when there are groups that are not in this file, or more of them, in two dumps
    /// one after the other; make it of dumps of this folder: gdump check --update FILE DUMP…
    #[arg(long, value_name = "FILE", help_heading = "Triggers")]
    baseline: Option<PathBuf>,
    /// Let the findings of the first dump trip, too
    #[arg(long, requires = "on_finding", help_heading = "Triggers")]
    from_start: bool,
    /// Take the whole text no more often than that
    #[arg(long, value_name = "DURATION", value_parser = values::time, default_value = "5m", help_heading = "Triggers")]
    full_every: Duration,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    common: Common,
}

/// What is written beside the dumps: a line for each, and for what happened.
const INDEX: &str = "gdump-record.ndjson";

/// Longest pause after errors.
const PATIENCE: Duration = Duration::from_secs(300);

/// Records until the time is over or the user ends it.
pub(super) fn run(args: Args) -> Exit {
    let every = args.every;
    let during = args.during;
    let started = Recorder::new(args).and_then(|recorder| Ok((recorder, live::stop_on_ctrl_c()?)));
    let (mut recorder, stop) = match started {
        Ok(started) => started,
        Err(error) => return fail(&error),
    };
    Poll { every, during }.run(&stop, || ControlFlow::Continue(recorder.tick()));
    recorder.end()
}

/// A recording.
struct Recorder {
    args: Args,
    live: Live,
    address: Address,
    client: Client,
    store: Store,
    triggers: Triggers,
    judge: Judge,
    identity: Option<Vec<(u64, u64)>>,
    last_full: Option<SystemTime>,
    /// What tripped too early after that, and how many goroutines there were.
    pending: Option<(String, i64)>,
    written: u64,
    full: u64,
    failed: u64,
    /// Errors one after the other.
    errors: u32,
}

impl Recorder {
    fn new(args: Args) -> Result<Self> {
        let live = args.common.live(args.ask);
        let address = live::address(&args.url)?;
        let client = live::client(&live)?;
        let named = |source| Error::Io { path: args.output.clone(), source };
        let mut store = Store::open(&args.output).map_err(named)?;
        store.keep = args.keep;
        store.max_size = args.max_size;
        let triggers = Triggers::new(args.over, args.doubling);
        let baseline = args.baseline.as_deref().map(check::read).transpose()?;
        let rules = Rules { max: args.max.clone(), baseline, ..Rules::default() };
        let judge = Judge::new(rules, args.from_start);
        Ok(Self {
            live,
            address,
            client,
            store,
            triggers,
            judge,
            identity: None,
            last_full: None,
            pending: None,
            written: 0,
            full: 0,
            failed: 0,
            errors: 0,
            args,
        })
    }

    /// Takes one dump; returns how much longer than usual to wait for the next.
    fn tick(&mut self) -> Duration {
        match self.record() {
            Ok(()) => {
                if self.errors > 0 && !self.live.quiet {
                    note(&format!("{} answers again", self.address));
                }
                self.errors = 0;
                Duration::ZERO
            }
            Err(error) => {
                self.failed += 1;
                self.errors += 1;
                // The same again and again is said once.
                if self.errors == 1 {
                    complain(&error);
                    note("it goes on, and asks less often until it works again");
                }
                self.index(&serde_json::json!({ "event": "failed", "what": live::what(&error) }));
                patience(self.errors, self.args.every, PATIENCE)
            }
        }
    }

    fn record(&mut self) -> Result<()> {
        let limit = self.client.settings().timeout;
        let piece =
            take::ask(&self.client, &self.address, ("goroutine", 0), limit, &self.live.limits)?;
        let dump = take::read(&piece, &self.live.limits)?;
        self.notice_restart(&piece);
        let count = dump.goroutine_count();
        let tripped = self.triggers.look(count);
        let judged = self.judge(dump);
        let tripped = tripped.or(judged).or_else(|| self.late(count));
        let stem = piece.asked_at.strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
        let full = tripped.as_ref().and_then(|why| self.whole(why, count));
        let (name, pieces) = match full {
            Some(full) => (format!("{stem}.bundle.tar.gz"), vec![piece, full]),
            None => (format!("{stem}.debug0.pb.gz"), vec![piece]),
        };
        let named = |source| Error::Io { path: self.args.output.clone(), source };
        let save = || self.save(&name, &stem, &pieces, count, tripped.clone());
        if let Err(error) = save() {
            // On a full disk, what rotation removes may be the room that is missing.
            if self.store.rotate(SystemTime::now()).map_err(named)? == 0 {
                return Err(error);
            }
            save()?;
        }
        self.index(&serde_json::json!({
            "event": "dump", "file": name, "goroutines": count,
            "tripped": tripped, "full": pieces.len() > 1,
        }));
        self.written += 1;
        self.full += u64::from(pieces.len() > 1);
        let named = |source| Error::Io { path: self.args.output.clone(), source };
        self.store.rotate(SystemTime::now()).map_err(named)?;
        Ok(())
    }

    fn save(
        &self,
        name: &str,
        stem: &str,
        pieces: &[Piece],
        count: i64,
        reason: Option<String>,
    ) -> Result<()> {
        let saved = self.store.save(name, |out| {
            if let [one] = pieces {
                return out.write_all(&one.bytes);
            }
            let process = self.address.to_string();
            let manifest = Manifest::new(&process, count, pieces, reason);
            bundle::archive(&manifest, pieces, stem, out)
        });
        saved.map_err(|source| Error::Io { path: self.args.output.join(name), source })
    }

    /// How long it is until the whole text may be taken again.
    fn too_early(&self) -> Option<Duration> {
        let since = SystemTime::now().duration_since(self.last_full?).ok()?;
        self.args.full_every.checked_sub(since).filter(|left| !left.is_zero())
    }

    /// What tripped too early, when it is time and it seems not to be over: there are about as many
    /// goroutines as then.
    fn late(&mut self, count: i64) -> Option<String> {
        let is_time = self.too_early().is_none();
        let (why, then) = self.pending.take_if(|_| is_time)?;
        (count >= then.saturating_sub(then / 10)).then_some(why)
    }

    /// The whole text, if the process can bear it. That it cannot be had is said and no more.
    fn whole(&mut self, why: &str, count: i64) -> Option<Piece> {
        let now = SystemTime::now();
        if let Some(left) = self.too_early() {
            if self.pending.is_none() {
                self.pending = Some((why.to_owned(), count));
                let left = live::time(left);
                if !self.live.quiet {
                    note(&format!("tripped: {why}; debug=2 in {left}, if it lasts (--full-every)"));
                }
            }
            return None;
        }
        self.pending = None;
        if !self.live.quiet {
            note(&format!("tripped: {why}"));
        }
        let policy: Policy = live::policy(&self.live);
        let mut tell = |event| live::tell(event, &self.live);
        match take::whole(&self.client, &self.address, policy, count, &self.live.limits, &mut tell)
        {
            Ok(piece) => {
                self.last_full = Some(now);
                if let Some(error) = piece.as_ref().and_then(Piece::failure) {
                    complain(&error);
                }
                piece
            }
            Err(error) => {
                complain(&error);
                None
            }
        }
    }

    /// Ids, ages and growth begin anew when another process answers.
    fn notice_restart(&mut self, piece: &Piece) {
        let identity = identity(&piece.bytes);
        let changed = self.identity.is_some() && identity.is_some() && identity != self.identity;
        if changed {
            note("the process was restarted: goroutine ids start again");
            self.index(&serde_json::json!({ "event": "restarted" }));
            self.triggers.restart();
            self.judge.restart();
            self.pending = None;
        }
        self.identity = identity.or_else(|| self.identity.take());
    }

    /// What the findings and the gate say of `dump` that they did not say before.
    fn judge(&mut self, dump: Dump) -> Option<String> {
        let named = &self.args.on_finding;
        if named.is_empty() && self.args.max.is_empty() && self.args.baseline.is_none() {
            return None;
        }
        let is_meant = |finding: &Finding| named.iter().any(|what| what.is(finding));
        let Judgement { tripped, known } = self.judge.look(dump, is_meant);
        if !known.is_empty() && !self.live.quiet {
            note(&format!(
                "there from the start, so it trips nothing (--from-start lets it): {}",
                known.iter().map(wording::title).collect::<Vec<_>>().join("; ")
            ));
        }
        tripped.map(|reason| match reason {
            Reason::Found(_, title) => wording::title(&title),
            Reason::Measured(text) => text,
        })
    }

    /// Adds a line to the index. If that cannot be written, neither can dumps, which is said then.
    fn index(&self, what: &serde_json::Value) {
        let mut line = serde_json::json!({ "at": format!("{:.3}", Timestamp::now()) });
        if let (Some(line), Some(what)) = (line.as_object_mut(), what.as_object()) {
            line.extend(what.clone());
        }
        let _ = self.store.note(INDEX, &line.to_string());
    }

    fn end(&self) -> Exit {
        if !self.live.quiet {
            let failed = match self.failed {
                0 => String::new(),
                n => format!(", {} failed", counted(n, "time")),
            };
            let (folder, written) = (self.args.output.display(), counted(self.written, "dump"));
            note(&format!(
                "{written} in {folder}, {} of them with debug=2{failed}; next: gdump leaks {folder}",
                self.full
            ));
        }
        if self.written == 0 { Exit::Trouble } else { Exit::Done }
    }
}
