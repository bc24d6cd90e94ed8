//! A series of dumps: what grows, what varies, what stays, what falls.

use std::io::{self, Write};

use super::diff::{duration, few, signed};
use super::entries::set;
use super::stack::Entry;
use super::{Role, paragraph, write_all};
use crate::render::escape::visible;
use crate::render::line::{Line, flow};
use crate::render::words::{columns, counted, cut_end, cut_start, number};
use crate::render::{Limit, View};
use crate::series::track::slope_of;
use crate::series::{Series, Track, Trend};

/// Groups of each kind on one screen if the user did not say.
const TOP: [(Trend, &str, usize); 4] = [
    (Trend::Grows, "Growing", 10),
    (Trend::Varies, "Higher than at first, but not growing all the time", 5),
    (Trend::Stays, "Flat, but for what chance may explain", 5),
    (Trend::Falls, "Falling", 5),
];
/// Widest graph.
const GRAPH: usize = 24;
/// From so many columns on a group is one line.
const WIDE: usize = 130;

pub(super) fn render(series: &Series, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = head(series, view);
    if !view.quiet {
        for note in &series.notes {
            lines.extend(paragraph(Role::Warn, &format!("Note: {note}."), 1, view.width));
        }
    }
    write_all(&lines, view, out)?;
    for (trend, title, top) in TOP {
        let all: Vec<&Track> = series.groups.iter().filter(|t| t.trend == trend).collect();
        if all.is_empty() {
            continue;
        }
        let most = view.top.map_or(if view.verbose { usize::MAX } else { top }, Limit::get);
        section(series, title, &all, most, view, out)?;
    }
    Ok(())
}

/// What the series is, and what all goroutines together do.
fn head(series: &Series, view: &View) -> Vec<Line> {
    let mut lines = Vec::new();
    let (Some(first), Some(last)) = (series.dumps.first(), series.dumps.last()) else {
        return lines;
    };
    let mut line = Line::new();
    line.push(Role::Title, &cut_start(&visible(first.name()), view.width / 2));
    line.push(Role::Dim, " … ");
    let room = view.width.saturating_sub(line.width()).max(20);
    line.push(Role::Title, &cut_start(&visible(last.name()), room));
    lines.push(line);
    let count = counted(series.dumps.len() as u64, "dump");
    lines.extend(flow(
        vec![(Role::Number, count), (Role::Plain, time(series))],
        " · ",
        0,
        view.width,
    ));
    let totals: Vec<i64> = series.dumps.iter().map(|taken| taken.goroutines).collect();
    let judged = totals.get(series.since..).unwrap_or(&[]);
    let slope = slope_of(judged, series.minutes.as_deref());
    let shown: Vec<String> = if totals.len() <= 6 {
        totals.iter().map(|n| number(*n)).collect()
    } else {
        let ends = [totals.first(), totals.last()];
        let ends = ends.into_iter().flatten().map(|n| number(*n)).collect::<Vec<_>>();
        vec![ends.join(" → … → ")]
    };
    let mut line = Line::new();
    line.push(Role::Plain, "Goroutines ").push(Role::Number, &shown.join(" → "));
    line.push(Role::Plain, "  ").push(Role::State, &graph(&totals, GRAPH));
    line.push(Role::Dim, &format!("  {} {}", rate(slope), per(series)));
    lines.push(line);
    lines.extend(
        created(series).into_iter().flat_map(|text| paragraph(Role::Dim, &text, 0, view.width)),
    );
    for taken in &series.dumps {
        if let Some(why) = &taken.restarted {
            let text = format!("RESTARTED before {}: {why}.", visible(taken.name()));
            lines.extend(paragraph(Role::Bad, &text, 0, view.width));
        }
    }
    lines
}

fn time(series: &Series) -> String {
    let pairs = series.dumps.iter().skip(1);
    let sum: Option<i64> = pairs.clone().map(|taken| taken.elapsed.map(|e| e.seconds)).sum();
    let source = pairs.filter_map(|taken| taken.elapsed.map(|e| e.source)).max();
    match (sum, source) {
        (Some(seconds), Some(source)) => {
            format!("{} from first to last, {}", duration(seconds), source.words())
        }
        _ => "times not known, so slopes are per dump".to_owned(),
    }
}

/// How many goroutines were started, as the ids tell.
#[allow(clippy::cast_precision_loss, reason = "a rate is shown with few digits")]
fn created(series: &Series) -> Option<String> {
    let known = series.dumps.iter().filter_map(|taken| taken.created.map(|n| (n, taken.elapsed)));
    let (sum, minutes) = known.fold((0u64, Some(0.0)), |(sum, minutes), (n, elapsed)| {
        let minutes = minutes.and_then(|m: f64| Some(m + elapsed?.minutes()));
        (sum.saturating_add(n), minutes)
    });
    let minutes = minutes.filter(|minutes| *minutes > 0.0);
    let rate = minutes.map(|minutes| format!(", {} a minute", few(sum as f64 / minutes)));
    let all = counted(sum, "goroutine");
    (sum > 0).then(|| format!("About {all} started in between{}.", rate.unwrap_or_default()))
}

fn per(series: &Series) -> &'static str {
    if series.minutes.is_some() { "a minute" } else { "per dump" }
}

/// A slope with its sign.
fn rate(slope: f64) -> String {
    let text = few(slope);
    match text.as_str() {
        "0.0" | "-0.0" => "0".to_owned(),
        text if slope > 0.0 => format!("+{text}"),
        text => text.to_owned(),
    }
}

/// A graph of blocks, at most `most` wide: of many counts it shows the highest of each stretch.
fn graph(counts: &[i64], most: usize) -> String {
    const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let wide = counts.len().div_ceil(most.max(1)).max(1);
    let chunks: Vec<i64> =
        counts.chunks(wide).filter_map(|chunk| chunk.iter().max().copied()).collect();
    let low = chunks.iter().min().copied().unwrap_or(0);
    let high = chunks.iter().max().copied().unwrap_or(0);
    let block = |count: &i64| {
        let step = (i128::from(*count) - i128::from(low)) * 7;
        let range = (i128::from(high) - i128::from(low)).max(1);
        // What does not move is drawn low, also where it is high.
        usize::try_from(step / range).ok().and_then(|at| BLOCKS.get(at)).copied().unwrap_or("▁")
    };
    chunks.iter().map(block).collect()
}

/// Where the columns end, or begin.
struct Layout {
    numbers: [usize; 4],
    slope: usize,
    graph: usize,
    state: usize,
    place: usize,
    wide: bool,
}

impl Layout {
    fn new(series: &Series, tracks: &[&Track], width: usize) -> Self {
        let widest = |value: fn(&Track) -> i64| {
            tracks.iter().map(|track| columns(&number(value(track)))).max().unwrap_or(1).max(5)
        };
        let widths = [
            widest(|track| track.first),
            widest(|track| track.last),
            widest(|track| track.min),
            widest(|track| track.max),
        ];
        let mut end = 1;
        let numbers = widths.map(|width| {
            end += width + 1;
            end
        });
        let slopes = tracks.iter().map(|track| columns(&rate(track.slope))).max().unwrap_or(1);
        let slope = end + 1 + slopes.max(8);
        let graph = slope + 2;
        let graph_width = series.dumps.len().clamp(5, GRAPH);
        let state = graph + graph_width + 2;
        let states = tracks.iter().map(|track| columns(&visible(&track.who.state)));
        let wide = width >= WIDE;
        let place = if wide { state + states.max().unwrap_or(0).min(28) + 2 } else { 8 };
        Self { numbers, slope, graph, state, place, wide }
    }
}

fn section(
    series: &Series,
    title: &str,
    all: &[&Track],
    most: usize,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let chosen = all.get(..most.min(all.len())).unwrap_or(all);
    let sum = all.iter().fold(0i64, |sum, track| sum.saturating_add(track.last));
    let mut head = Line::at(1);
    head.push(Role::Title, title);
    let groups = counted(all.len() as u64, "group");
    head.push(Role::Dim, &format!("  {groups}, {} at last", counted(sum, "goroutine")));
    let mut lines = vec![Line::new(), head];
    if !chosen.is_empty() {
        let layout = Layout::new(series, chosen, view.width);
        let mut line = Line::new();
        for (name, end) in ["first", "last", "min", "max"].into_iter().zip(layout.numbers) {
            line.push_right(Role::Dim, name, end);
        }
        line.push_right(Role::Dim, per(series), layout.slope);
        lines.push(line);
        for track in chosen {
            lines.extend(row(series, track, &layout, view));
        }
    }
    let rest = all.get(chosen.len()..).unwrap_or(&[]);
    if !rest.is_empty() {
        let sum = rest.iter().fold(0i64, |sum, track| sum.saturating_add(track.last));
        let hint = if view.quiet { "" } else { ": --top all" };
        let more = counted(rest.len() as u64, "more group");
        let text = format!("… {more}, {} at last{hint}", counted(sum, "goroutine"));
        lines.extend(paragraph(Role::Dim, &text, 4, view.width));
    }
    write_all(&lines, view, out)
}

fn row(series: &Series, track: &Track, layout: &Layout, view: &View) -> Vec<Line> {
    let mut line = Line::new();
    let values = [track.first, track.last, track.min, track.max];
    for (index, (value, end)) in values.into_iter().zip(layout.numbers).enumerate() {
        let role = if index == 1 { Role::Number } else { Role::Plain };
        line.push_right(role, &number(value), end);
    }
    let role = match track.trend {
        Trend::Grows => Role::Bad,
        Trend::Varies => Role::Warn,
        Trend::Stays => Role::Dim,
        Trend::Falls => Role::Good,
    };
    line.push_right(role, &rate(track.slope), layout.slope);
    let counts = track.counts(series.dumps.len());
    line.pad_to(layout.graph).push(Role::State, &graph(&counts, GRAPH));
    line.pad_to(layout.state);
    let who = &track.who;
    let words = words(track);
    let entry = |after: String| Entry {
        role: if who.user { Role::User } else { Role::Plain },
        before: "",
        function: who.place.function.clone(),
        file: who.place.file.clone(),
        line: who.place.line,
        after,
    };
    let room = view.width.saturating_sub(layout.place).max(20);
    if layout.wide {
        line.push(Role::State, &cut_end(&visible(&who.state), 28)).pad_to(layout.place);
        let mut parts = set(&[entry(words)], room).into_iter();
        if let Some(first) = parts.next() {
            line.append(first);
        }
        let mut lines = vec![line];
        lines.extend(parts.map(|part| indented(part, layout.place)));
        return lines;
    }
    let left = view.width.saturating_sub(line.width());
    line.push(Role::Dim, &cut_end(&words, left));
    let mut lines = vec![line];
    let entries = [entry(visible(&who.state).into_owned())];
    lines.extend(set(&entries, room).into_iter().map(|part| indented(part, layout.place)));
    lines
}

fn indented(part: Line, at: usize) -> Line {
    let mut line = Line::at(at);
    line.append(part);
    line
}

/// What is to be said of a group: `never falls`, `20 stuck`.
fn words(track: &Track) -> String {
    let mut words = Vec::new();
    if track.trend == Trend::Grows {
        words.push("never falls".to_owned());
    }
    if track.stuck > 0 {
        words.push(format!("{} the same throughout", number(track.stuck)));
    }
    if track.first == 0 && track.trend == Trend::Grows {
        words.push("new".to_owned());
    }
    let change = track.last.saturating_sub(track.first);
    if words.is_empty() && change != 0 {
        words.push(signed(change));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_are_as_wide_as_they_may_be() {
        assert_eq!(graph(&[20, 40, 60, 80], 24), "▁▃▅█");
        assert_eq!(graph(&[5, 5, 5], 24), "▁▁▁");
        assert_eq!(graph(&[], 24), "");
        let many: Vec<i64> = (0..200).collect();
        assert_eq!(columns(&graph(&many, 24)), 23);
        assert_eq!(rate(0.04), "0");
        assert_eq!([rate(2.0), rate(-12.4)], ["+2.0", "-12"]);
    }
}
