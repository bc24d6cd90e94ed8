//! The dumps that are served: those of the command line, then those that come from a process or by
//! upload.

use std::sync::{Arc, PoisonError, RwLock};

use crate::analysis::facts::Config;
use crate::analysis::known::Known;
use crate::analysis::summary::Look;
use crate::analysis::{Filter, Sight};
use crate::model::Dump;

/// Dumps of one series that are kept; the oldest goes first.
const KEPT: usize = 32;
/// Goroutines in all kept dumps beside the newest: some 32 bytes each, and their stacks.
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
    /// Seconds between two dumps of a process; `None` if no process is watched.
    pub every: Option<u64>,
}

/// Shared by all who serve and by who adds dumps.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    settings: Settings,
    state: RwLock<State>,
}

/// What is served at one moment.
#[derive(Clone, Default)]
struct State {
    /// Rises with each change.
    version: u64,
    dumps: Arc<Vec<Dump>>,
    /// What went wrong last, if nothing was right since.
    trouble: Option<String>,
}

impl Store {
    /// With the dumps of the command line.
    pub fn new(dumps: Vec<Dump>, settings: Settings) -> Self {
        let state = State { version: 1, dumps: Arc::new(dumps), trouble: None };
        Self(Arc::new(Inner { settings, state: RwLock::new(state) }))
    }

    /// Adds dumps of the same series; old ones go if there are too many.
    pub fn add(&self, dumps: Vec<Dump>) {
        self.change(|state| {
            // Copied only if somebody reads them at this moment.
            let all = Arc::make_mut(&mut state.dumps);
            all.extend(dumps);
            let too_many = |all: &[Dump]| {
                all.len() > KEPT || all.iter().map(Dump::len).sum::<usize>() > KEPT_GOROUTINES
            };
            let mut gone = 0;
            while all.len() - gone > 1 && too_many(all.get(gone..).unwrap_or(&[])) {
                gone += 1;
            }
            all.drain(..gone);
            state.trouble = None;
        });
    }

    /// Serves these dumps in place of the others.
    pub fn replace(&self, dumps: Vec<Dump>) {
        self.change(|state| {
            state.dumps = Arc::new(dumps);
            state.trouble = None;
        });
    }

    /// Says what went wrong with a process that is watched.
    pub fn fail(&self, trouble: String) {
        self.change(|state| state.trouble = Some(trouble));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        state.version += 1;
    }

    /// The dumps of this moment.
    pub(super) fn dumps(&self) -> Arc<Vec<Dump>> {
        self.state().dumps
    }

    /// The version, and what went wrong last.
    pub(super) fn version(&self) -> (u64, Option<String>) {
        let state = self.state();
        (state.version, state.trouble)
    }

    fn state(&self) -> State {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How dumps are looked at.
    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The look of the command line with the user's expression added; the error is in words.
    pub(super) fn look(&self, expression: &str) -> Result<Look, String> {
        let look = self.settings().look.clone();
        let filter: Filter =
            look.filter.clone().and_where(expression).map_err(|error| error.to_string())?;
        Ok(Look { filter, ..look })
    }

    /// What is found in `dumps`.
    pub(super) fn sights<'d>(&self, dumps: &'d [Dump], look: &Look) -> Vec<Sight<'d>> {
        let Settings { config, known, .. } = self.settings();
        Sight::all(dumps, look, config, known)
    }
}
