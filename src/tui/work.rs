//! The thread that works: it keeps the dumps, and turns them into pictures when asked.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Options;
use super::export::{self, Kind};
use super::feed::{Come, Feed, Next, Raw};
use super::picture::{Detail, Picture};
use super::pump::{self, Order};
use crate::diagnose::Sight;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::view::summary::Look;
use crate::view::{Filter, Summary};

/// Dumps of a live process that are kept whole; of older ones the picture remains.
const KEPT: usize = 16;
/// Goroutines in all kept dumps of a live process: some 32 bytes each.
const KEPT_GOROUTINES: usize = 4_000_000;
/// Bytes of all kept dumps as they came.
const KEPT_BYTES: u64 = 256 << 20;
/// Earlier dumps with which a new one is compared for its findings, and how far back they reach: what grows
/// slowly beside what there is does not show from one dump to the next.
const COMPARED: usize = 4;
const REACH: usize = 15;

/// What the screen asks for.
#[derive(Debug)]
pub(super) enum Ask {
    /// Take no more dumps, or go on.
    Pause(bool),
    /// A dump now, whatever the time; `true` for everything, whatever that costs the process.
    Now(bool),
    /// Only goroutines that pass; all pictures are made again.
    Filter(Box<Filter>),
    /// What is in the group with this fingerprint, at that moment.
    Open { moment: usize, group: u64 },
    /// Write that moment to a file.
    Export { moment: usize, kind: Kind },
}

/// What it gets.
#[derive(Debug)]
pub(super) enum Answer {
    /// The process is being asked.
    Asking,
    /// One more moment.
    Moment(Box<Picture>),
    /// The moment's picture again, after the filter changed; `None` if its dump is no longer kept.
    Again { moment: usize, picture: Option<Box<Picture>> },
    /// What is in a group.
    Detail(Box<Detail>),
    /// A file was written.
    Exported(PathBuf),
    /// Something that was asked for could not be done, in words.
    Failed(String),
    /// No dump came: why, and how long it is until the process is asked again.
    Trouble { why: String, wait: Duration },
    /// The feed has no more.
    End,
}

/// What the thread is to do.
pub(super) enum Job {
    /// For the screen.
    Ask(Ask),
    /// What the feed yielded.
    Came(Box<Next>),
}

/// What is known of a kept dump beside the dump.
struct About {
    time: String,
    cost: String,
    note: String,
    restarted: Option<String>,
    raw: Option<Raw>,
}

/// The dumps, and what is asked of them.
pub(super) struct Work {
    options: Arc<Options>,
    is_live: bool,
    /// The filter of the search line is a part of it.
    filter: Filter,
    /// Dumps that are kept; the first is that of the moment `first`.
    dumps: VecDeque<Dump>,
    /// The same of each.
    about: VecDeque<About>,
    first: usize,
}

impl Work {
    pub(super) fn new(options: Arc<Options>, is_live: bool) -> Self {
        let filter = options.look.filter.clone();
        let (dumps, about) = (VecDeque::new(), VecDeque::new());
        Self { options, is_live, filter, dumps, about, first: 0 }
    }

    /// Starts the thread, and the one that asks `feed`. They end when the screen no longer listens.
    pub(super) fn start(mut self, feed: Box<dyn Feed>) -> (Sender<Job>, Receiver<Answer>) {
        let (job, jobs) = channel();
        let (answer, answers) = channel();
        let orders = pump::start(feed, job.clone(), answer.clone());
        thread::spawn(move || {
            for job in jobs {
                // The thread that asks has ended if nobody hears this: it has no more.
                let said = match job {
                    Job::Ask(Ask::Pause(paused)) => {
                        let _ = orders.send(Order::Pause(paused));
                        Vec::new()
                    }
                    Job::Ask(Ask::Now(whole)) => {
                        let _ = orders.send(Order::Now(whole));
                        Vec::new()
                    }
                    Job::Ask(ask) => self.answer(ask),
                    Job::Came(next) => {
                        let said = self.take(*next);
                        let _ = orders.send(Order::Done);
                        said
                    }
                };
                if said.into_iter().any(|said| answer.send(said).is_err()) {
                    return;
                }
            }
        });
        (job, answers)
    }

    /// Takes in what the feed yielded.
    pub(super) fn take(&mut self, next: Next) -> Vec<Answer> {
        match next.came {
            Ok(Some(come)) => {
                self.keep(come);
                let last = self.first + self.dumps.len() - 1;
                self.picture(last).map(|p| Answer::Moment(Box::new(p))).into_iter().collect()
            }
            Ok(None) => vec![Answer::End],
            Err(error) => vec![Answer::Trouble { why: error.to_string(), wait: next.wait }],
        }
    }

    /// Does what is asked.
    pub(super) fn answer(&mut self, ask: Ask) -> Vec<Answer> {
        match ask {
            // That is for the thread that asks.
            Ask::Pause(_) | Ask::Now(_) => Vec::new(),
            Ask::Filter(filter) => {
                self.filter = *filter;
                (0..self.first + self.dumps.len())
                    .map(|moment| Answer::Again {
                        moment,
                        picture: self.picture(moment).map(Box::new),
                    })
                    .collect()
            }
            Ask::Open { moment, group } => {
                let Some(dump) = self.dump(moment) else {
                    return vec![Answer::Failed(NO_LONGER.to_owned())];
                };
                let summary = Summary::new(dump, &self.look());
                let time = self.time(moment);
                Detail::of(&summary, group)
                    .map(|detail| Answer::Detail(Box::new(Detail { moment, time, ..detail })))
                    .into_iter()
                    .collect()
            }
            Ask::Export { moment, kind } => vec![match self.export(moment, kind) {
                Ok(path) => Answer::Exported(path),
                Err(error) => Answer::Failed(error.to_string()),
            }],
        }
    }

    fn keep(&mut self, come: Come) {
        let Come { dump, cost, note, restarted, raw } = come;
        let time = dump.taken_at_nanos.map(clock).unwrap_or_default();
        self.about.push_back(About { time, cost, note, restarted, raw });
        self.dumps.push_back(dump);
        if !self.is_live {
            return;
        }
        let too_many = |dumps: &VecDeque<Dump>| {
            dumps.len() > KEPT || dumps.iter().map(Dump::len).sum::<usize>() > KEPT_GOROUTINES
        };
        while self.dumps.len() > 1 && too_many(&self.dumps) {
            self.dumps.pop_front();
            self.about.pop_front();
            self.first += 1;
        }
        // The newest first.
        let mut bytes = 0;
        for about in self.about.iter_mut().rev() {
            bytes += about.raw.as_ref().map_or(0, |raw| raw.size);
            if bytes > KEPT_BYTES {
                about.raw = None;
            }
        }
    }

    fn dump(&self, moment: usize) -> Option<&Dump> {
        self.dumps.get(moment.checked_sub(self.first)?)
    }

    /// When the dump of a moment was taken; empty if that is not known.
    fn time(&self, moment: usize) -> String {
        let about = moment.checked_sub(self.first).and_then(|at| self.about.get(at));
        about.map_or(String::new(), |about| about.time.clone())
    }

    fn look(&self) -> Look {
        Look { filter: self.filter.clone(), ..self.options.look.clone() }
    }

    /// What is found in the dump of a moment, together with some before it of the same process.
    fn sight(&self, moment: usize) -> Option<Sight<'_>> {
        let at = moment.checked_sub(self.first)?;
        let look = self.look();
        let oldest = at.saturating_sub(REACH);
        let restart = (oldest..=at)
            .rev()
            .find(|index| self.about.get(*index).is_some_and(|about| about.restarted.is_some()));
        let from = restart.unwrap_or(oldest);
        let step = (at - from).div_ceil(COMPARED).max(1);
        let backwards = (from..=at).rev().step_by(step).filter_map(|index| self.dumps.get(index));
        let mut series: Vec<_> = backwards.collect();
        series.reverse();
        let Options { config, known, .. } = &*self.options;
        Sight::last(series, &look, config, known)
    }

    fn picture(&mut self, moment: usize) -> Option<Picture> {
        let mut picture = Picture::new(&self.sight(moment)?);
        let about = self.about.get(moment.checked_sub(self.first)?)?;
        picture.number = moment;
        picture.time.clone_from(&about.time);
        picture.cost.clone_from(&about.cost);
        picture.note.clone_from(&about.note);
        picture.restarted.clone_from(&about.restarted);
        Some(picture)
    }

    fn export(&mut self, moment: usize, kind: Kind) -> Result<PathBuf> {
        let Some(dump) = self.dump(moment) else {
            return Err(Error::Usage(NO_LONGER.to_owned()));
        };
        let name = dump.name.clone();
        let stem = self.options.folder.join(stem(dump));
        match kind {
            Kind::Report(format) => {
                let sight = self.sight(moment).ok_or_else(|| Error::Usage(NO_LONGER.to_owned()))?;
                export::report(sight, format, &stem)
            }
            Kind::Raw => {
                let about = moment.checked_sub(self.first).and_then(|at| self.about.get(at));
                let raw = about.and_then(|about| about.raw.as_ref());
                let why = || {
                    Error::Usage(if self.is_live {
                        format!("{name}: what came is too large to be kept; use: gdump collect")
                    } else {
                        format!("the dump is a file already: {name}")
                    })
                };
                export::raw(raw.ok_or_else(why)?, &stem)
            }
        }
    }
}

/// Why nothing can be done with a moment.
const NO_LONGER: &str = "that dump is no longer kept; the newest ones are";

/// `goroutines-localhost_6060-20261125T080000Z`: what a file about `dump` is called.
fn stem(dump: &Dump) -> String {
    let name = dump.name.split_once("://").map_or(dump.name.as_str(), |(_, rest)| rest);
    // Of a URL the host says most, of a path the file.
    let is_url = name.len() != dump.name.len();
    let part = if is_url { name.split('/').next() } else { name.rsplit(['/', '\\']).next() };
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' };
    let place: String = part.unwrap_or("").chars().map(safe).take(60).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let nanos = dump.taken_at_nanos.unwrap_or_else(|| i64::try_from(now).unwrap_or_default());
    let time = crate::render::time::rfc3339(nanos).unwrap_or_default();
    let digits = time.chars().take(19).filter(|c| !"-:".contains(*c)).collect::<String>();
    format!("goroutines-{}-{digits}Z", place.trim_start_matches('.'))
}

/// The time of day in UTC of nanoseconds since 1970: `14:03:22`.
pub(super) fn clock(nanos: i64) -> String {
    let text = crate::render::time::rfc3339(nanos).unwrap_or_default();
    text.split_once('T').map_or(String::new(), |(_, time)| time.chars().take(8).collect())
}
