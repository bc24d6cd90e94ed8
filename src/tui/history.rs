//! The moments that were seen, as many as memory is granted for.

use super::picture::Picture;

/// Moments that are remembered: an hour at one in five seconds.
const MOMENTS: usize = 720;
/// Lines of groups and findings in all of them: some hundred bytes each.
const LINES: usize = 300_000;

/// The moments, and the one that is shown.
#[derive(Debug)]
pub(super) struct History {
    moments: Vec<Picture>,
    /// The one that is shown.
    at: usize,
    /// Whether the newest is shown as it comes.
    pub(super) follow: bool,
    /// The one with which others are compared, if the user marked one.
    mark: Option<usize>,
    /// All that there ever were.
    seen: usize,
}

impl History {
    pub(super) fn new() -> Self {
        Self { moments: Vec::new(), at: 0, follow: true, mark: None, seen: 0 }
    }

    /// Adds the newest; the oldest go if they are too many, but not the marked one.
    pub(super) fn add(&mut self, picture: Picture) {
        self.seen += 1;
        self.moments.push(picture);
        if self.follow {
            self.at = self.moments.len() - 1;
        }
        let mut lines: usize = self.moments.iter().map(Picture::lines).sum();
        while self.moments.len() > 2 && (self.moments.len() > MOMENTS || lines > LINES) {
            let oldest = usize::from(self.mark == Some(0));
            lines -= self.moments.remove(oldest).lines();
            self.at = if self.at > oldest { self.at - 1 } else { self.at };
            self.mark = self.mark.map(|mark| if mark > oldest { mark - 1 } else { mark });
        }
    }

    /// The moment with this number, to be made anew.
    pub(super) fn with_number(&mut self, number: usize) -> Option<&mut Picture> {
        self.moments.iter_mut().find(|moment| moment.number == number)
    }

    /// The moment that is shown.
    pub(super) fn now(&self) -> Option<&Picture> {
        self.moments.get(self.at)
    }

    /// The moment with which it is compared: the marked one, or the one before.
    pub(super) fn before(&self) -> Option<&Picture> {
        let before = self.mark.or_else(|| self.at.checked_sub(1));
        self.moments.get(before.filter(|before| *before != self.at)?)
    }

    /// The marked moment.
    pub(super) fn marked(&self) -> Option<&Picture> {
        self.moments.get(self.mark?)
    }

    /// The moments up to the one that is shown, of which the last `most`.
    pub(super) fn last(&self, most: usize) -> &[Picture] {
        let shown = self.moments.get(..=self.at).unwrap_or_default();
        shown.get(shown.len().saturating_sub(most)..).unwrap_or_default()
    }

    /// Whether there is more than one moment.
    pub(super) fn is_series(&self) -> bool {
        self.seen > 1
    }

    /// `7/12`: which moment is shown, of how many.
    pub(super) fn place(&self) -> Option<String> {
        self.now().map(|now| format!("{}/{}", now.number + 1, self.seen))
    }

    /// Shows the moment `steps` away.
    pub(super) fn step(&mut self, steps: isize) {
        let last = self.moments.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(steps).min(last);
        self.follow = self.at == last;
    }

    /// Marks the shown moment, or takes the mark back.
    pub(super) fn toggle_mark(&mut self) {
        self.mark = if self.mark == Some(self.at) { None } else { Some(self.at) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(history: &History) -> (usize, usize, usize) {
        let first = history.moments.first().unwrap().number;
        (first, history.now().unwrap().number, history.moments.len())
    }

    #[test]
    fn it_is_bounded_and_the_marked_moment_stays() {
        let mut history = History::new();
        let moment = |number| Picture { number, ..Picture::default() };
        (0..3).for_each(|number| history.add(moment(number)));
        history.step(-1);
        history.toggle_mark();
        history.step(-1);
        (3..MOMENTS + 10).for_each(|number| history.add(moment(number)));
        // Moment 0 was shown and is gone; the marked one is still there.
        assert_eq!(history.marked().unwrap().number, 1);
        assert_eq!(numbers(&history).2, MOMENTS);
        history.step(isize::MAX);
        assert_eq!(history.now().unwrap().number, MOMENTS + 9);
        assert_eq!(history.before().unwrap().number, 1);
        history.add(moment(MOMENTS + 10));
        assert_eq!(history.place().unwrap(), format!("{}/{}", MOMENTS + 11, MOMENTS + 11));
        assert_eq!(history.last(10).len(), 10);
    }
}
