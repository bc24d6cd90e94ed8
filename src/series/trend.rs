//! What a number does over several dumps.
//!
//! Numbers of goroutines in flight vary by chance, as arrivals do (a Poisson variable has a standard
//! deviation of the root of its mean), so a change counts only if it is larger than three deviations
//! of the difference of both counts.

/// What a number does over several dumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trend {
    /// It never falls, rises by more than chance, and has not stopped to rise.
    Grows,
    /// It rises, but not all the time.
    Varies,
    /// It is what it was, but for chance.
    Stays,
    /// It is lower than it was, and no higher than at first.
    Falls,
}

impl Trend {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grows => "growing",
            Self::Varies => "varying",
            Self::Stays => "flat",
            Self::Falls => "falling",
        }
    }

    /// The trend of `counts`, oldest first.
    pub fn of(counts: &[i64]) -> Self {
        let (Some(first), Some(last)) = (counts.first(), counts.last()) else { return Self::Stays };
        let most = counts.iter().max().unwrap_or(last);
        match () {
            () if never_falls(counts) && is_more(*last, *first) && goes_on(counts) => Self::Grows,
            () if is_more(*last, *first) => Self::Varies,
            () if is_more(*most, *last) => Self::Falls,
            () => Self::Stays,
        }
    }
}

/// Whether a rise goes on in the later half of the dumps: what a service starts with, such as its
/// first clients, comes once. A twentieth of the rise is enough, as dumps are not evenly spaced.
fn goes_on(counts: &[i64]) -> bool {
    let middle = counts.get(counts.len().saturating_sub(1) / 2);
    match (counts.first(), middle, counts.last()) {
        (Some(first), Some(middle), Some(last)) => {
            let late = last.saturating_sub(*middle);
            late > 0 && late.saturating_mul(20) >= last.saturating_sub(*first)
        }
        _ => false,
    }
}

/// Whether no count is lower than the one before it.
pub fn never_falls(counts: &[i64]) -> bool {
    counts.windows(2).all(|pair| matches!(pair, [a, b] if b >= a))
}

/// Whether `more` exceeds `less` by more than three standard deviations of their difference.
pub fn is_more(more: i64, less: i64) -> bool {
    let rise = more.saturating_sub(less);
    rise > 0 && rise.saturating_mul(rise) > more.saturating_add(less).saturating_mul(9)
}

/// The slope of the straight line that fits the points best (least squares): change of the second
/// number for each unit of the first. 0 if there are fewer than two distinct first numbers.
#[allow(clippy::cast_precision_loss, reason = "a slope is shown with few digits")]
pub fn slope(points: &[(f64, i64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |value: fn(&(f64, i64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1 as f64));
    let spread: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
    let both: f64 = points.iter().map(|p| (p.0 - x) * (p.1 as f64 - y)).sum();
    if spread > 0.0 { both / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends() {
        assert_eq!(Trend::of(&[31, 120, 245]), Trend::Grows);
        assert_eq!(Trend::of(&[198, 563, 206]), Trend::Falls);
        assert_eq!(Trend::of(&[100, 400, 300]), Trend::Varies);
        // A service that was just started.
        assert_eq!(Trend::of(&[39, 83, 84]), Trend::Varies);
        assert_eq!(Trend::of(&[150, 150, 150]), Trend::Stays);
        assert_eq!(Trend::of(&[5067, 5067]), Trend::Stays);
        // A pool that is busier by chance.
        assert_eq!(Trend::of(&[40, 52]), Trend::Stays);
        assert_eq!(Trend::of(&[]), Trend::Stays);
    }

    #[test]
    fn slopes_fit_all_points() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(slope(&[(0.0, 10), (1.0, 20), (2.0, 30)]), 10.0));
        assert!(near(slope(&[(0.0, 0), (1.0, 30), (2.0, 0)]), 0.0));
        assert!(near(slope(&[(0.0, 7), (4.0, 5)]), -0.5));
        assert!(near(slope(&[(3.0, 7), (3.0, 9)]), 0.0) && near(slope(&[]), 0.0));
    }
}
