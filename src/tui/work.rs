//! The thread that reads: it keeps the dumps, and turns them into pictures when asked.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::picture::{Detail, Picture};
use super::{Feed, Options};
use crate::analysis::{Filter, Sight, Summary};
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::render::{Body, Limit, OutputFormat, Report, Style, View};

/// Dumps of a live process that are kept whole; of older ones the picture remains.
const KEPT: usize = 8;
/// Goroutines in all kept dumps of a live process: some 32 bytes each.
const KEPT_GOROUTINES: usize = 4_000_000;
/// Earlier dumps with which a new one is compared for its findings.
const COMPARED: usize = 3;

/// What the screen asks for.
#[derive(Debug)]
pub(super) enum Ask {
    /// Take no more dumps, or go on.
    Pause(bool),
    /// A dump now, whatever the time.
    Now,
    /// Only goroutines that pass; all pictures are made again.
    Filter(Box<Filter>),
    /// What is in the group with this fingerprint, at that moment.
    Open { moment: usize, group: u64 },
    /// Write that moment's report to a file.
    Export { moment: usize },
}

/// What it gets.
#[derive(Debug)]
pub(super) enum Answer {
    /// One more moment.
    Moment(Box<Picture>),
    /// The moment's picture again, after the filter changed; `None` if its dump is no longer kept.
    Again { moment: usize, picture: Option<Box<Picture>> },
    /// What is in a group.
    Detail(Box<Detail>),
    /// A file was written.
    Exported(PathBuf),
    /// Something went wrong, in words.
    Failed(String),
    /// The feed has no more.
    End,
}

/// The dumps, and what is asked of them.
pub(super) struct Work {
    feed: Box<dyn Feed>,
    options: Options,
    /// The filter of the search line is a part of it.
    filter: Filter,
    /// Dumps that are kept; the first is that of the moment `first`.
    dumps: VecDeque<Dump>,
    first: usize,
    paused: bool,
    ended: bool,
}

impl Work {
    pub(super) fn new(feed: Box<dyn Feed>, options: Options) -> Self {
        let filter = options.look.filter.clone();
        let dumps = VecDeque::new();
        Self { feed, options, filter, dumps, first: 0, paused: false, ended: false }
    }

    /// Starts the thread. It ends when the screen no longer listens.
    pub(super) fn start(mut self) -> (Sender<Ask>, Receiver<Answer>) {
        let (ask, asked) = channel();
        let (answer, answers) = channel();
        thread::spawn(move || {
            let mut due = Instant::now();
            loop {
                let wait = if self.paused || self.ended {
                    Duration::from_secs(3600)
                } else {
                    due.saturating_duration_since(Instant::now())
                };
                let said = match asked.recv_timeout(wait) {
                    Ok(ask) => self.answer(ask),
                    Err(RecvTimeoutError::Timeout) if self.paused || self.ended => Vec::new(),
                    Err(RecvTimeoutError::Timeout) => {
                        let said = self.take();
                        due = Instant::now() + self.options.every.unwrap_or_default();
                        said
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                };
                if said.into_iter().any(|said| answer.send(said).is_err()) {
                    return;
                }
            }
        });
        (ask, answers)
    }

    /// Takes one dump.
    pub(super) fn take(&mut self) -> Vec<Answer> {
        match self.feed.next() {
            Ok(Some(dump)) => {
                self.keep(dump);
                let last = self.first + self.dumps.len() - 1;
                self.picture(last).map(|p| Answer::Moment(Box::new(p))).into_iter().collect()
            }
            Ok(None) => {
                self.ended = true;
                vec![Answer::End]
            }
            Err(error) => vec![Answer::Failed(error.to_string())],
        }
    }

    /// Does what is asked.
    pub(super) fn answer(&mut self, ask: Ask) -> Vec<Answer> {
        match ask {
            Ask::Pause(paused) => {
                self.paused = paused;
                Vec::new()
            }
            Ask::Now if self.ended => Vec::new(),
            Ask::Now => self.take(),
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
                    return vec![Answer::Failed(
                        "that dump is no longer kept; the newest ones are".to_owned(),
                    )];
                };
                let summary = Summary::new(dump, &self.look());
                Detail::of(&summary, group)
                    .map(|d| Answer::Detail(Box::new(d)))
                    .into_iter()
                    .collect()
            }
            Ask::Export { moment } => vec![match self.export(moment) {
                Ok(path) => Answer::Exported(path),
                Err(error) => Answer::Failed(error.to_string()),
            }],
        }
    }

    fn keep(&mut self, dump: Dump) {
        self.dumps.push_back(dump);
        if self.options.every.is_none() {
            return;
        }
        let too_many = |dumps: &VecDeque<Dump>| {
            dumps.len() > KEPT || dumps.iter().map(Dump::len).sum::<usize>() > KEPT_GOROUTINES
        };
        while self.dumps.len() > 1 && too_many(&self.dumps) {
            self.dumps.pop_front();
            self.first += 1;
        }
    }

    fn dump(&self, moment: usize) -> Option<&Dump> {
        self.dumps.get(moment.checked_sub(self.first)?)
    }

    fn look(&self) -> crate::analysis::summary::Look {
        crate::analysis::summary::Look { filter: self.filter.clone(), ..self.options.look.clone() }
    }

    /// The picture of a moment, judged together with the dumps shortly before it.
    fn picture(&mut self, moment: usize) -> Option<Picture> {
        let at = moment.checked_sub(self.first)?;
        let time = self.dumps.get(at)?.taken_at_nanos.or_else(|| {
            // A live dump without a time of its own was taken just now.
            let is_new = self.options.every.is_some() && at + 1 == self.dumps.len();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().filter(|_| is_new)?;
            i64::try_from(now.as_nanos()).ok()
        });
        let look = self.look();
        let dumps = self.dumps.make_contiguous();
        let series = dumps.get(at.saturating_sub(COMPARED)..=at)?;
        let sights = Sight::all(series, &look, &self.options.config, &self.options.known);
        Some(Picture::new(sights.last()?, time.map(clock).unwrap_or_default()))
    }

    /// Writes the moment's report as JSON.
    fn export(&mut self, moment: usize) -> Result<PathBuf> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let path = self.options.folder.join(format!("gdump-watch-{seconds}.json"));
        let look = self.look();
        let Some(dump) = self.dump(moment) else {
            return Err(Error::Usage(
                "that dump is no longer kept; the newest ones are".to_owned(),
            ));
        };
        let one = std::slice::from_ref(dump);
        let sights = Sight::all(one, &look, &self.options.config, &self.options.known);
        let view = View {
            format: OutputFormat::Json,
            top: None,
            ids: Limit::All,
            width: 100,
            style: Style::plain(),
            verbose: false,
            quiet: false,
        };
        let mut text = Vec::new();
        let report = Report { command: "watch", body: Body::Sights(sights) };
        report.write(&view, &mut text).map_err(Error::Output)?;
        fs::write(&path, text).map_err(|source| Error::Io { path: path.clone(), source })?;
        Ok(path)
    }
}

/// The time of day in UTC of nanoseconds since 1970: `14:03:22`.
fn clock(nanos: i64) -> String {
    let text = crate::render::time::rfc3339(nanos).unwrap_or_default();
    text.split_once('T').map_or(String::new(), |(_, time)| time.chars().take(8).collect())
}
