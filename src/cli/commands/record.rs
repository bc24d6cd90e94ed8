//! `gdump record URL`: takes a cheap dump again and again, and the whole text when something trips.

use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::check;
use crate::analysis::facts::Config;
use crate::analysis::gate::{Gate, Max, Rules, Trip};
use crate::analysis::summary::Look;
use crate::analysis::{Finding, Known, Sight};
use crate::cli::connect::{Ask, Common, Live};
use crate::cli::values::{self, FailOn};
use crate::cli::{Exit, complain, fail, live, note};
use crate::error::{Error, Result};
use crate::live::bundle::{self, Manifest};
use crate::live::identity::identity;
use crate::live::pace::patience;
use crate::live::store::Store;
use crate::live::take::{self, Piece, Policy};
use crate::live::trigger::Triggers;
use crate::model::Dump;
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

/// Dumps that one is compared with: growth shows in so many.
const PAST: usize = 8;

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
    rules: Rules,
    /// Dumps before, oldest first: growth is a finding only beside them.
    past: VecDeque<Dump>,
    /// Findings that were there before; none if nobody looked yet.
    known: Option<BTreeSet<u64>>,
    /// What of the gate has tripped and still would.
    over: BTreeSet<String>,
    /// What of the gate did not hold in the dump before.
    broken: BTreeSet<String>,
    identity: Option<Vec<(u64, u64)>>,
    last_full: Option<SystemTime>,
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
        let known = args.from_start.then(BTreeSet::new);
        Ok(Self {
            live,
            address,
            client,
            store,
            triggers,
            rules,
            past: VecDeque::new(),
            known,
            over: BTreeSet::new(),
            broken: BTreeSet::new(),
            identity: None,
            last_full: None,
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
        let tripped = tripped.or(judged);
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

    /// The whole text, if the process can bear it. That it cannot be had is said and no more.
    fn whole(&mut self, why: &str, count: i64) -> Option<Piece> {
        let now = SystemTime::now();
        let since = self.last_full.and_then(|last| now.duration_since(last).ok());
        if since.is_some_and(|since| since < self.args.full_every) {
            return None;
        }
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

    /// Ids, ages and growth begin anew when another process answers. What was found is known still: it has
    /// the same name there.
    fn notice_restart(&mut self, piece: &Piece) {
        let identity = identity(&piece.bytes);
        let changed = self.identity.is_some() && identity.is_some() && identity != self.identity;
        if changed {
            note("the process was restarted: goroutine ids start again");
            self.index(&serde_json::json!({ "event": "restarted" }));
            self.triggers.restart();
            self.past.clear();
            self.over.clear();
            self.broken.clear();
        }
        self.identity = identity.or_else(|| self.identity.take());
    }

    /// What the findings and the gate say of `dump` that they did not say before.
    fn judge(&mut self, dump: Dump) -> Option<String> {
        let is_gate = !self.rules.max.is_empty() || self.rules.baseline.is_some();
        if self.args.on_finding.is_empty() && !is_gate {
            return None;
        }
        if self.past.len() > PAST {
            self.past.pop_front();
        }
        self.past.push_back(dump);
        let past = std::mem::take(&mut self.past);
        let (config, known) = (Config::default(), Known::built_in());
        let sight = Sight::last(&past, &Look::default(), &config, &known);
        let finding = sight.as_ref().and_then(|sight| self.new_finding(sight));
        let gate = sight.and_then(|sight| self.new_trip(sight));
        self.past = past;
        finding.or(gate)
    }

    /// What `--on-finding` names and was not there before.
    fn new_finding(&mut self, sight: &Sight<'_>) -> Option<String> {
        let is_meant =
            |finding: &&Finding| self.args.on_finding.iter().any(|what| what.is(finding));
        let meant: Vec<_> = sight.findings.iter().filter(is_meant).collect();
        let now: BTreeSet<u64> = meant.iter().map(|finding| sight.id(finding)).collect();
        let Some(before) = self.known.replace(now) else {
            if !meant.is_empty() && !self.live.quiet {
                note(&format!(
                    "{} there from the start, which trips nothing (--from-start): {}",
                    if meant.len() == 1 { "a finding is" } else { "findings are" },
                    meant.iter().map(|finding| &*finding.title).collect::<Vec<_>>().join("; ")
                ));
            }
            return None;
        };
        let new = meant.into_iter().find(|finding| !before.contains(&sight.id(finding)));
        new.map(|finding| finding.title.clone())
    }

    /// The worst of what `--max` and `--baseline` allow no longer.
    fn new_trip(&mut self, sight: Sight<'_>) -> Option<String> {
        let gate = Gate::new(vec![sight], &self.rules, |_| false);
        let name = |trip: &Trip| {
            let check = gate.checks.get(trip.check).map_or("", |check| &check.name);
            // Each group of a baseline is a rule of its own; who has most of a maximum changes.
            let group = trip.id.filter(|_| trip.kind != "max").unwrap_or(0);
            format!("{check} {group:016x}")
        };
        // Goroutines come and go, those too that answer this program: what stays is worth a look.
        let is_sure = |trip: &&Trip| trip.kind == "max" || self.broken.contains(&name(trip));
        let sure: Vec<_> = gate.trips.iter().filter(is_sure).collect();
        let new = sure.iter().find(|trip| !self.over.contains(&name(trip)));
        let message = new.map(|trip| trip.message.clone());
        self.over = sure.into_iter().map(name).collect();
        self.broken = gate.trips.iter().map(name).collect();
        message
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
