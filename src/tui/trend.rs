//! Numbers over time in a few columns.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last `columns` of `counts` as bars, the largest of them full; a moment without a count is a gap.
pub(super) fn sparkline(counts: &[Option<i64>], columns: usize) -> String {
    let shown = counts.get(counts.len().saturating_sub(columns)..).unwrap_or(counts);
    let most = shown.iter().flatten().copied().max().unwrap_or(0);
    let bar = |count: &Option<i64>| match count {
        None => ' ',
        Some(count) if *count <= 0 || most <= 0 => BARS.first().copied().unwrap_or(' '),
        Some(count) => {
            let step = (i128::from(*count) * 7).div_euclid(i128::from(most));
            usize::try_from(step).ok().and_then(|at| BARS.get(at)).copied().unwrap_or('█')
        }
    };
    shown.iter().map(bar).collect()
}

/// A change with its sign: `+12`, `-3`; nothing for 0.
pub(super) fn change(delta: i64) -> String {
    let number = crate::render::words::number(delta);
    match delta {
        0 => String::new(),
        1.. => format!("+{number}"),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_follow_the_largest() {
        assert_eq!(sparkline(&[Some(0), Some(50), None, Some(100)], 8), "▁▄ █");
        assert_eq!(sparkline(&[Some(9), Some(1), Some(2)], 2), "▄█");
        assert_eq!(sparkline(&[Some(-4), Some(0)], 2), "▁▁");
        assert_eq!(sparkline(&[Some(i64::MAX), Some(i64::MIN)], 2), "█▁");
        assert_eq!(sparkline(&[], 4), "");
    }

    #[test]
    fn changes_have_a_sign() {
        assert_eq!([change(1200), change(-3), change(0)], ["+1,200", "-3", ""]);
    }
}
