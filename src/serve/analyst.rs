//! A thread that has judged the dumps of a series, which is dear, and keeps what it found out: to look at
//! them through another filter is cheap then.
//!
//! What it found out borrows from the dumps, so that it stays on the thread and work comes to it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::store::{About, Settings};
use crate::diagnose::find::Note;
use crate::diagnose::{Judged, Sight};
use crate::model::Dump;
use crate::view::summary::Look;

/// After so long without a question what was found out is forgotten: it may be as large as the dumps.
const IDLE: Duration = Duration::from_secs(300);

/// Something to do with what was found out.
type Job = Box<dyn FnOnce(&Base<'_>) + Send>;

/// A series in the order of time, with what is to be known of each dump.
type Dumps = Vec<(Arc<Dump>, About)>;

/// The way to the thread, which ends when this goes.
pub(super) struct Analyst(Sender<Job>);

/// Dumps that were judged.
pub(super) struct Base<'d> {
    dumps: &'d Dumps,
    settings: &'d Settings,
    /// Ids mean the same only between two restarts of the process: each such run is judged for itself.
    runs: Vec<Judged<'d>>,
}

impl Analyst {
    /// Judges `dumps` when first asked.
    pub(super) fn start(dumps: Arc<Dumps>, settings: Arc<Settings>) -> Self {
        let (jobs, come) = channel();
        std::thread::spawn(move || work(&dumps, &settings, &come));
        Self(jobs)
    }

    /// What `work` makes of the judged dumps; the error is in words.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Base<'_>) -> T + Send + 'static,
    ) -> Result<T, String> {
        let (answer, done) = channel();
        let job: Job = Box::new(move |base| {
            // Nobody waits for it any more if this fails.
            let _ = answer.send(work(base));
        });
        let broken = || "the work was broken off".to_owned();
        self.0.send(job).map_err(|_| broken())?;
        done.recv().map_err(|_| broken())
    }
}

fn work(dumps: &Dumps, settings: &Settings, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let base = Base::new(dumps, settings);
        first(&base);
        loop {
            match jobs.recv_timeout(IDLE) {
                Ok(job) => job(&base),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

impl<'d> Base<'d> {
    fn new(dumps: &'d Dumps, settings: &'d Settings) -> Self {
        let runs = dumps.chunk_by(|_, (_, about)| about.restarted.is_none());
        let judge = |run: &'d [(Arc<Dump>, About)]| {
            Judged::new(run.iter().map(|(dump, _)| &**dump), &settings.config, &settings.known)
        };
        Self { dumps, settings, runs: runs.map(judge).collect() }
    }

    /// What is seen of each dump with this look.
    pub(super) fn sights(&self, look: &Look) -> Vec<Sight<'_>> {
        let Settings { config, known, .. } = self.settings;
        let mut sights = Vec::new();
        for run in &self.runs {
            sights.extend(run.sights(look, config, known));
        }
        for sight in &mut sights {
            let is_it = |(dump, _): &&(Arc<Dump>, About)| {
                std::ptr::eq(Arc::as_ptr(dump), sight.facts.dump())
            };
            let Some((_, about)) = self.dumps.iter().find(is_it) else { continue };
            let restarted = about.restarted.as_ref().map(|why| {
                format!("the process was restarted before this dump: {why}; ids start again")
            });
            sight.notes.extend(restarted.map(Note::other));
            sight
                .notes
                .extend(Some(about.note.clone()).filter(|note| !note.is_empty()).map(Note::other));
        }
        sights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Known;
    use crate::diagnose::facts::Config;
    use crate::source::Stream;
    use crate::view::Filter;

    #[test]
    fn all_filters_are_answered_from_one_judgement() {
        let text = "goroutine 1 [chan send]:\nmain.a()\n\t/x.go:1 +0x1\n\n\
                    goroutine 2 [select]:\nmain.b()\n\t/x.go:2 +0x1\n";
        let mut stream = Stream::new(std::io::Cursor::new(text));
        let dump =
            crate::parse::parse(&mut stream, "x", &crate::parse::Options::default()).unwrap();
        let dumps = dump.into_iter().map(|dump| (Arc::new(dump), About::default())).collect();
        let (look, config, known) = (Look::default(), Config::default(), Known::built_in());
        let analyst = Analyst::start(Arc::new(dumps), Arc::new(Settings { look, config, known }));
        let ask = |expression: &str| {
            let filter = Filter::default().and_where(expression).unwrap();
            let look = Look { filter, ..Look::default() };
            let all = move |base: &Base<'_>| {
                let shown = base.sights(&look)[0].summary().shown;
                (std::ptr::from_ref(base).addr(), shown)
            };
            analyst.ask(all).unwrap()
        };
        let ((first, all), (second, some)) = (ask(""), ask("state == 'select'"));
        assert_eq!((first, all, some), (second, 2, 1));
    }
}
