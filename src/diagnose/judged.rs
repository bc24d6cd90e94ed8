//! A series of dumps that was judged, which is dear: to look at it through one filter or another is cheap.

use super::diagnosis::{Basis, Sight};
use super::facts::{Case, Config, Facts};
use super::find;
use super::finding::Finding;
use super::history::History;
use super::index::Index;
use super::known::Known;
use crate::model::{Dump, Row, Signature};
use crate::view::summary::{Look, Summary};

/// What the analyses found in each dump of a series, whatever a user looks at of it.
pub struct Judged<'d> {
    /// Profiles that hold only what Go has proven to be leaked.
    proven: Part<'d>,
    /// All others.
    others: Part<'d>,
}

/// Dumps in the order of time, and the verdict of each.
struct Part<'d> {
    #[allow(clippy::vec_box, reason = "handed out one by one, without a second copy of all")]
    facts: Vec<Box<Facts<'d>>>,
    verdicts: Vec<Verdict>,
}

/// What was found in a dump, nothing filtered.
#[derive(Clone)]
struct Verdict {
    findings: Vec<Finding>,
    fine: Vec<find::Fine>,
    /// What a profile of proven leaks adds.
    joined: Option<find::Note>,
}

impl<'d> Judged<'d> {
    /// Judges each of `dumps`, as [`Sight::all`] does. To look at them takes the same `config` and `known`.
    pub fn new(dumps: impl IntoIterator<Item = &'d Dump>, config: &Config, known: &Known) -> Self {
        let facts = dumps.into_iter().map(|dump| Box::new(Facts::new(dump)));
        let (proven, others): (Vec<_>, Vec<_>) =
            facts.partition(|facts| Sight::is_proof(facts.dump()));
        let of_others = verdicts(&others, &proven, config, known);
        let of_proven = verdicts(&proven, &[], config, known);
        Self {
            proven: Part { facts: proven, verdicts: of_proven },
            others: Part { facts: others, verdicts: of_others },
        }
    }

    /// What a user sees who has this `look`: profiles of proven leaks first.
    pub fn sights(&self, look: &Look, config: &Config, known: &Known) -> Vec<Sight<'_>> {
        let mut sights = Vec::new();
        for part in [&self.proven, &self.others] {
            let said = said(&part.facts, part.verdicts.clone(), (look, config, known));
            let facts = part.facts.iter().map(|facts| Basis::Shared(facts));
            sights.extend(facts.zip(said).map(|(facts, said)| sight(facts, said, look)));
        }
        sights
    }

    /// The same for one who alone looks at it.
    fn into_sights(self, look: &Look, config: &Config, known: &Known) -> Vec<Sight<'d>> {
        let mut sights = Vec::new();
        for part in [self.proven, self.others] {
            let said = said(&part.facts, part.verdicts, (look, config, known));
            let facts = part.facts.into_iter().map(Basis::Own);
            sights.extend(facts.zip(said).map(|(facts, said)| sight(facts, said, look)));
        }
        sights
    }
}

impl<'d> Sight<'d> {
    /// Looks at each of `dumps`, a series in the order of time; every one is judged together with those
    /// before it, of which at most [`History::LONGEST`] count.
    ///
    /// Profiles that hold only what Go has proven to be leaked say nothing of how many goroutines there
    /// are: they come first in what is returned, are a series of their own, and prove what is suspected
    /// in the others.
    pub fn all(
        dumps: impl IntoIterator<Item = &'d Dump>,
        look: &Look,
        config: &Config,
        known: &Known,
    ) -> Vec<Self> {
        Judged::new(dumps, config, known).into_sights(look, config, known)
    }

    /// The last of what [`Sight::all`] returns, without the others: they are its history, and what proves
    /// it. `None` if there is no dump.
    pub fn last(
        dumps: impl IntoIterator<Item = &'d Dump>,
        look: &Look,
        config: &Config,
        known: &Known,
    ) -> Option<Self> {
        last(dumps, look, config, known)
    }
}

/// What is seen of the last of `dumps` with this look; those before it are its history.
fn last<'d>(
    dumps: impl IntoIterator<Item = &'d Dump>,
    look: &Look,
    config: &Config,
    known: &Known,
) -> Option<Sight<'d>> {
    let (mut proven, mut others): (Vec<_>, Vec<_>) =
        dumps.into_iter().partition(|dump| Sight::is_proof(dump));
    if others.is_empty() {
        others = std::mem::take(&mut proven);
    }
    let now = others.pop()?;
    let from = others.len().saturating_sub(History::LONGEST);
    let before: Vec<_> = others.get(from..)?.iter().copied().map(Index::new).collect();
    let proven = proven.last().copied().map(Index::new);
    let now = Facts::new(now);
    let history = History::of_last(before.iter().chain([now.index()]));
    let case = Case::new(&now, history, config, known);
    let said = one_said(&case, verdict(&case, proven.as_ref()), look);
    Some(sight(Basis::Own(Box::new(now)), said, look))
}

/// Findings, groups that are fine, and notes, as far as a look lets them through.
type Said = (Vec<Finding>, Vec<find::Fine>, Vec<find::Note>);

fn sight<'d>(facts: Basis<'d>, (findings, fine, notes): Said, look: &Look) -> Sight<'d> {
    let own = (!look.is_default()).then(|| Summary::new(facts.dump(), look));
    Sight { facts, look: own, findings, fine, notes }
}

/// Each dump with those before it, as far as they count.
fn cases<'c, 'd>(
    facts: &'c [Box<Facts<'d>>],
    config: &'c Config,
    known: &'c Known,
) -> impl Iterator<Item = Case<'c, 'd>> {
    let histories = History::all(facts.iter().map(|facts| facts.index()));
    let all = facts.iter().zip(histories);
    all.map(move |(facts, history)| Case::new(facts, history, config, known))
}

/// The verdict on each of a series; `proven` are profiles of what Go has proven.
fn verdicts(
    facts: &[Box<Facts<'_>>],
    proven: &[Box<Facts<'_>>],
    config: &Config,
    known: &Known,
) -> Vec<Verdict> {
    let proven = proven.last().map(|facts| facts.index());
    cases(facts, config, known).map(|case| verdict(&case, proven)).collect()
}

fn verdict(case: &Case<'_, '_>, proven: Option<&Index<'_>>) -> Verdict {
    let mut findings = find::run(case);
    let joined = proven.and_then(|proven| find::join(case.now, proven, &mut findings));
    // Who is blamed by a finding that a filter leaves out is not fine for that.
    let mut fine = find::fine(case, &findings);
    // They are kept for each dump, and a text may hold very many small ones.
    findings.iter_mut().for_each(Finding::shrink);
    findings.shrink_to_fit();
    fine.shrink_to_fit();
    Verdict { findings, fine, joined }
}

/// What of `verdicts` on `facts` is said to one who has this look.
fn said(
    facts: &[Box<Facts<'_>>],
    verdicts: Vec<Verdict>,
    (look, config, known): (&Look, &Config, &Known),
) -> Vec<Said> {
    let all = cases(facts, config, known).zip(verdicts);
    all.map(|(case, verdict)| one_said(&case, verdict, look)).collect()
}

fn one_said(case: &Case<'_, '_>, verdict: Verdict, look: &Look) -> Said {
    let Verdict { mut findings, mut fine, joined } = verdict;
    if !look.filter.is_empty() {
        let matcher = look.filter.for_dump(case.now.dump());
        let dump = case.now.dump();
        // A filter that asks for no ids says the same of all goroutines of a signature: there are few.
        let each = matcher.asks_for_ids();
        let is_in = |index: usize| {
            if each {
                return case.now.members(index).any(|goroutine| matcher.matches(&goroutine.row()));
            }
            let mut signatures = case.now.summary.grouping.signatures(index).iter();
            signatures.any(|(id, _)| {
                let Signature { stack, head, creator, labels } = dump.signature(*id);
                matcher.matches(&Row { stack, head, creator, labels, ..Row::default() })
            })
        };
        let is_wanted = |groups: &[usize]| groups.iter().any(|index| is_in(*index));
        findings.retain(|finding| is_wanted(&finding.groups));
        fine.retain(|fine| is_wanted(&[fine.group]));
    }
    let mut notes = find::notes(case, &findings);
    notes.extend(joined);
    (findings, fine, notes)
}
