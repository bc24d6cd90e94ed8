//! What is served: the files of the command line, the processes that are followed, and what was uploaded.
//! Each is a source of its own with its own series of dumps.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use super::analyst::{Analyst, Base};
use super::cache::Cache;
use crate::diagnose::Sight;
use crate::diagnose::facts::Config;
use crate::diagnose::known::Known;
use crate::model::Dump;
use crate::view::Filter;
use crate::view::summary::Look;

/// Dumps of one process that are kept; the oldest goes first.
const KEPT: usize = 32;
/// Goroutines in all kept dumps of one process beside the newest: some 32 bytes each, and their stacks.
const KEPT_GOROUTINES: usize = 8_000_000;

/// How dumps are looked at.
#[derive(Debug)]
pub struct Settings {
    /// The filter and what else was asked for.
    pub look: Look,
    /// Thresholds of the findings.
    pub config: Config,
    /// Goroutines that are known.
    pub known: Known,
}

/// Shared by all who serve and by who adds dumps.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    settings: Arc<Settings>,
    sources: RwLock<Vec<Source>>,
    cache: Cache,
}

/// What is to be known of a dump beside the dump.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Why it is of another process than the one before, if it is.
    pub restarted: Option<String>,
    /// What is to be said of it on the page; empty if nothing.
    pub note: String,
}

/// One series of dumps.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) name: String,
    /// Time between two dumps of a process; `None` for files.
    pub(super) every: Option<Duration>,
    pub(super) series: Arc<Series>,
    /// What went wrong last, if nothing was right since.
    pub(super) trouble: Option<String>,
    /// What the last dump cost the process.
    pub(super) cost: String,
    /// Dumps that are kept whatever comes: files.
    fixed: usize,
    /// It was uploaded, and goes when another is.
    uploaded: bool,
}

impl Source {
    /// A source with `dumps`, which always stay; its series has this `version`.
    fn new(name: String, every: Option<Duration>, version: u64, dumps: Vec<Dump>) -> Self {
        let fixed = dumps.len();
        let alone = |dump| (Arc::new(dump), About::default());
        let series = Series::new(version, dumps.into_iter().map(alone).collect());
        Self {
            name,
            every,
            series: Arc::new(series),
            trouble: None,
            cost: String::new(),
            fixed,
            uploaded: false,
        }
    }
}

/// Dumps in the order of time; another one is made when one is added.
#[derive(Default)]
pub(super) struct Series {
    /// Rises with each change, and never is the same in two sources.
    pub(super) version: u64,
    dumps: Arc<Vec<(Arc<Dump>, About)>>,
    /// Who has judged them, once somebody asked.
    analyst: OnceLock<Analyst>,
}

impl Series {
    fn new(version: u64, dumps: Vec<(Arc<Dump>, About)>) -> Self {
        Self { version, dumps: Arc::new(dumps), analyst: OnceLock::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.dumps.len()
    }

    /// What `work` makes of the judged dumps; the error is in words.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        settings: &Arc<Settings>,
        work: impl FnOnce(&Base<'_>) -> T + Send + 'static,
    ) -> Result<T, String> {
        let start = || Analyst::start(Arc::clone(&self.dumps), Arc::clone(settings));
        self.analyst.get_or_init(start).ask(work)
    }

    /// The dump at `index` of the sights that a [`Base`] yields.
    pub(super) fn dump(&self, index: usize) -> Option<Arc<Dump>> {
        let runs = self.dumps.chunk_by(|_, (_, about)| about.restarted.is_none());
        let sorted = runs.flat_map(|run| {
            let (proofs, others): (Vec<_>, Vec<_>) =
                run.iter().partition(|(dump, _)| Sight::is_proof(dump));
            proofs.into_iter().chain(others)
        });
        sorted.map(|(dump, _)| Arc::clone(dump)).nth(index)
    }
}

impl Store {
    /// Nothing yet.
    pub fn new(settings: Settings) -> Self {
        let sources = RwLock::new(Vec::new());
        Self(Arc::new(Inner { settings: Arc::new(settings), sources, cache: Cache::default() }))
    }

    /// Adds a source that is called `name` with `dumps`, which always stay; of a process they are what was
    /// read before, and `every` so often it is asked. Returns its number.
    pub fn source(&self, name: String, every: Option<Duration>, dumps: Vec<Dump>) -> usize {
        let source = Source::new(name, every, self.0.cache.version(), dumps);
        let mut sources = self.write();
        sources.push(source);
        sources.len() - 1
    }

    /// Adds a dump to the source with this number; old ones go if there are too many. `cost` is what
    /// taking it cost the process.
    pub fn add(&self, source: usize, dump: Dump, about: About, cost: String) {
        let version = self.0.cache.version();
        let mut sources = self.write();
        let Some(source) = sources.get_mut(source) else { return };
        let mut dumps = source.series.dumps.to_vec();
        dumps.push((Arc::new(dump), about));
        let too_many = |dumps: &[(Arc<Dump>, About)]| {
            dumps.len() > KEPT
                || dumps.iter().map(|(dump, _)| dump.len()).sum::<usize>() > KEPT_GOROUTINES
        };
        while dumps.len() > source.fixed + 1
            && too_many(dumps.get(source.fixed..).unwrap_or_default())
        {
            let (_, gone) = dumps.remove(source.fixed);
            // That there was a restart counts for the dumps that remain.
            if let (Some((_, next)), Some(why)) = (dumps.get_mut(source.fixed), gone.restarted) {
                next.restarted.get_or_insert(why);
            }
        }
        source.series = Arc::new(Series::new(version, dumps));
        source.trouble = None;
        source.cost = cost;
    }

    /// Says what went wrong with a process that is followed.
    pub fn fail(&self, source: usize, trouble: String) {
        if let Some(source) = self.write().get_mut(source) {
            source.trouble = Some(trouble);
        }
    }

    /// Serves uploaded dumps as the first source, in place of those that were uploaded before.
    pub(super) fn upload(&self, name: String, dumps: Vec<Dump>) {
        let source = Source::new(name, None, self.0.cache.version(), dumps);
        let uploaded = Source { uploaded: true, ..source };
        let mut sources = self.write();
        match sources.iter_mut().find(|source| source.uploaded) {
            Some(before) => *before = uploaded,
            // The numbers of the others are known to who adds to them.
            None => sources.push(uploaded),
        }
    }

    /// All sources, and the number of the one that is shown if nobody says: the uploaded one, else the
    /// first.
    pub(super) fn sources(&self) -> (Vec<Source>, usize) {
        let sources = self.0.sources.read().unwrap_or_else(PoisonError::into_inner).clone();
        let shown = sources.iter().position(|source| source.uploaded).unwrap_or(0);
        (sources, shown)
    }

    /// The series of the source with this number, or of the one that is shown; the error is in words.
    pub(super) fn series(&self, source: Option<usize>) -> Result<Arc<Series>, String> {
        let (sources, shown) = self.sources();
        match (sources.get(source.unwrap_or(shown)), source) {
            (Some(source), _) => Ok(Arc::clone(&source.series)),
            (None, None) => Ok(Arc::default()),
            (None, Some(number)) => Err(format!("there is no source {number}")),
        }
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Source>> {
        self.0.sources.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was made before.
    pub(super) fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// How dumps are looked at.
    pub(super) fn settings(&self) -> &Arc<Settings> {
        &self.0.settings
    }

    /// The look of the command line with the user's expression added; the error is in words.
    pub(super) fn look(&self, expression: &str) -> Result<Look, String> {
        let look = self.settings().look.clone();
        let filter: Filter =
            look.filter.clone().and_where(expression).map_err(|error| error.to_string())?;
        Ok(Look { filter, ..look })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Stream;

    fn dump(name: &str, id: u64) -> Dump {
        let text = format!("goroutine {id} [running]:\nmain.main()\n\t/x.go:1 +0x1\n");
        let mut stream = Stream::new(std::io::Cursor::new(text));
        crate::parse::parse(&mut stream, name, &crate::parse::Options::default()).unwrap().remove(0)
    }

    #[test]
    fn the_newest_dumps_and_the_files_stay_and_a_restart_is_not_forgotten() {
        let settings =
            Settings { look: Look::default(), config: Config::default(), known: Known::built_in() };
        let store = Store::new(settings);
        let source = store.source("h".to_owned(), Some(Duration::ZERO), vec![dump("file", 1)]);
        let before = store.series(None).unwrap().version;
        for number in 0..KEPT + 10 {
            let restarted = (number == 5).then(|| "moved".to_owned());
            let about = About { restarted, note: String::new() };
            store.add(source, dump(&number.to_string(), 1), about, String::new());
        }
        store.fail(source, "gone".to_owned());
        let series = store.series(Some(source)).unwrap();
        assert!(series.version > before);
        let names: Vec<_> = series.dumps.iter().map(|(dump, _)| dump.name.clone()).collect();
        assert_eq!((names.len(), names[0].as_str(), names[1].as_str()), (KEPT + 1, "file", "10"));
        let notes = |base: &Base<'_>| base.sights(&Look::default())[1].notes.clone();
        let notes = series.ask(store.settings(), notes).unwrap();
        assert!(notes.iter().any(|note| crate::render::wording::note(note).contains("restarted")));
        assert_eq!(series.dump(1).unwrap().name, "10");
        assert_eq!(store.sources().0[0].trouble.as_deref(), Some("gone"));
        store.upload("u".to_owned(), vec![dump("u", 1)]);
        store.upload("v".to_owned(), vec![dump("v", 1)]);
        assert_eq!((store.sources().0.len(), store.sources().1), (2, 1));
        assert!(store.series(Some(7)).is_err());
    }
}
