//! A flame graph as SVG, root at the top as in `go tool pprof -http`: one file without references to
//! others, with zoom by a click and a search.
//!
//! Drawn here and not by the crate inferno: its licence, CDDL-1.0, is not permissive, and what is
//! needed of it is small. Widths are in per cent, so that the picture fills its window.

use std::fmt;
use std::io::{self, Write};

use super::Conversion;
use super::fold::{Folded, Whose};
use crate::render::words::{counted, cut_end, function, number};

/// Columns of pixels for which the text is cut; the script cuts it anew for the real width.
const WIDTH: f64 = 1200.0;
/// Height of a frame, with the line between frames.
const HEIGHT: usize = 17;
/// Height of what stands above the frames.
const HEAD: usize = 56;
/// Width of a letter: the text is set in a monospaced font of this size.
const LETTER: f64 = 7.2;
/// Share of the goroutines below which a frame is not drawn.
const LEAST: f64 = 0.0001;
/// Deepest frame that is drawn.
const DEPTH: usize = 600;
/// Longest name that is shown when the pointer rests on a frame.
const TITLE: usize = 300;

/// A frame of the tree.
struct Node {
    name: u32,
    count: i64,
    /// The child that was added last, and the sibling that was added before.
    child: Option<usize>,
    sibling: Option<usize>,
}

pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn Write) -> io::Result<()> {
    let folded = Folded::new(&conversion.selections, &conversion.how.extra);
    let nodes = tree(&folded);
    let total = nodes.first().map_or(0, |root| root.count);
    let drawing = layout(&nodes, &folded, total);
    let depth = drawing.boxes.iter().map(|b| b.depth).max().unwrap_or(0);
    let height = HEAD + (depth + 1) * HEIGHT + 24;
    let names: Vec<&str> = conversion.selections.iter().map(|s| s.dump.name.as_str()).collect();
    let title = match &names[..] {
        [name] => (*name).to_owned(),
        names => format!("{} dumps", names.len()),
    };
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<svg \
         xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"12\">"
    )?;
    writeln!(out, "<style>{}</style>", include_str!("flame.css"))?;
    writeln!(out, "<rect class=\"page\" width=\"100%\" height=\"100%\"/>")?;
    let goroutines = counted(total, "goroutine");
    writeln!(
        out,
        "<text class=\"title\" x=\"8\" y=\"20\">{goroutines} by stack · {}</text>",
        Xml(&cut_start(&title, 100))
    )?;
    writeln!(out, "<text id=\"details\" x=\"8\" y=\"{}\">{}</text>", 40, Xml(&drawing.left_out()))?;
    writeln!(
        out,
        "<text id=\"reset\" class=\"button\" x=\"100%\" dx=\"-150\" y=\"20\">Reset zoom</text>"
    )?;
    writeln!(
        out,
        "<text id=\"search\" class=\"button\" x=\"100%\" dx=\"-60\" y=\"20\">Search</text>"
    )?;
    writeln!(out, "<g id=\"frames\" data-total=\"{total}\">")?;
    for frame in &drawing.boxes {
        frame.write(&folded, total, out)?;
    }
    writeln!(out, "</g>\n<script><![CDATA[\n{}]]></script>\n</svg>", include_str!("flame.js"))
}

fn cut_start(text: &str, width: usize) -> String {
    let text = crate::render::escape::visible(text);
    crate::render::words::cut_start(&text, width).into_owned()
}

/// The stacks as a tree; the first node is its root.
fn tree(folded: &Folded) -> Vec<Node> {
    let mut stacks: Vec<(&[u32], i64)> =
        folded.stacks.iter().map(|(stack, n)| (&**stack, *n)).filter(|(_, n)| *n > 0).collect();
    // Stacks that begin alike stand side by side: each is compared with the one before it alone.
    stacks.sort_unstable();
    let mut nodes = vec![Node { name: u32::MAX, count: 0, child: None, sibling: None }];
    let mut path = vec![0usize];
    let mut last: &[u32] = &[];
    for (stack, count) in stacks {
        let shared = stack.iter().zip(last).take_while(|(a, b)| a == b).count();
        path.truncate(shared + 1);
        for name in stack.iter().skip(shared) {
            let at = nodes.len();
            let parent = path.last().copied().unwrap_or(0);
            let sibling = nodes.get_mut(parent).and_then(|parent| parent.child.replace(at));
            nodes.push(Node { name: *name, count: 0, child: None, sibling });
            path.push(at);
        }
        for at in &path {
            nodes.get_mut(*at).into_iter().for_each(|n| n.count = n.count.saturating_add(count));
        }
        last = stack;
    }
    nodes
}

/// A frame that is drawn.
struct Box {
    /// `None` is the root of all.
    name: Option<u32>,
    start: i64,
    count: i64,
    depth: usize,
}

/// What is drawn, parents before their children.
#[derive(Default)]
struct Drawing {
    boxes: Vec<Box>,
    narrow: usize,
    deep: usize,
}

impl Drawing {
    /// What was left out, in words.
    fn left_out(&self) -> String {
        let mut parts = Vec::new();
        if self.narrow > 0 {
            parts.push(format!("{} narrower than 0.01 %", counted(self.narrow as u64, "subtree")));
        }
        if self.deep > 0 {
            parts.push(format!(
                "{} deeper than {DEPTH} frames",
                counted(self.deep as u64, "subtree")
            ));
        }
        if parts.is_empty() { String::new() } else { format!("left out: {}", parts.join(", ")) }
    }
}

#[allow(clippy::cast_precision_loss, reason = "shares of a picture")]
fn layout(nodes: &[Node], folded: &Folded, total: i64) -> Drawing {
    let mut drawing = Drawing::default();
    let mut open = vec![(0usize, 0i64, 0usize)];
    while let Some((at, start, depth)) = open.pop() {
        let Some(node) = nodes.get(at) else { continue };
        if (node.count as f64) < LEAST * total as f64 {
            drawing.narrow += 1;
            continue;
        }
        if depth > DEPTH {
            drawing.deep += 1;
            continue;
        }
        let name = (at > 0).then_some(node.name);
        drawing.boxes.push(Box { name, start, count: node.count, depth });
        let siblings = |at: &usize| nodes.get(*at).and_then(|node| node.sibling);
        let mut children: Vec<usize> = std::iter::successors(node.child, siblings).collect();
        let text = |at: usize| {
            let name = nodes.get(at).and_then(|n| folded.names.get_index(n.name as usize));
            name.map_or("", |(name, _)| name.as_str())
        };
        let count = |at: usize| nodes.get(at).map_or(0, |node| node.count);
        children.sort_by(|a, b| count(*b).cmp(&count(*a)).then_with(|| text(*a).cmp(text(*b))));
        let mut start = start;
        let from = open.len();
        for child in children {
            open.push((child, start, depth + 1));
            start = start.saturating_add(count(child));
        }
        open.get_mut(from..).into_iter().for_each(<[_]>::reverse);
    }
    drawing
}

impl Box {
    #[allow(clippy::cast_precision_loss, reason = "shares of a picture")]
    fn write(&self, folded: &Folded, total: i64, out: &mut dyn Write) -> io::Result<()> {
        let known = self.name.and_then(|name| folded.names.get_index(name as usize));
        let name = known.map_or("all", |(name, _)| name.as_str());
        let whose = known.map_or(Whose::Nobody, |(_, named)| named.whose);
        let all = total.max(1) as f64;
        let (left, wide) = (self.start as f64 / all * 100.0, self.count as f64 / all * 100.0);
        let y = HEAD + self.depth * HEIGHT;
        let goroutines = number(self.count);
        write!(
            out,
            "<g data-x=\"{}\" data-w=\"{}\" data-d=\"{}\"><title>{} · {goroutines} · {wide:.2} \
             %</title><rect x=\"{left:.4}%\" y=\"{y}\" width=\"{wide:.4}%\" height=\"{}\" \
             fill=\"{}\"/>",
            self.start,
            self.count,
            self.depth,
            Xml(&cut_end(name, TITLE)),
            HEIGHT - 1,
            color(name, whose)
        )?;
        let room = wide / 100.0 * WIDTH / LETTER - 1.0;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 170")]
        let letters = room.max(0.0) as usize;
        let shown = if letters >= 3 { function(name, letters, true) } else { "".into() };
        writeln!(
            out,
            "<text x=\"{left:.4}%\" dx=\"3\" y=\"{}\">{}</text></g>",
            y + HEIGHT - 5,
            Xml(&shown)
        )
    }
}

/// The program's code is warm, the library's blue, the runtime's grey, what is no code green; a name has
/// the same colour in every picture.
fn color(name: &str, whose: Whose) -> String {
    let hash = name
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let (hue, saturation) = match whose {
        Whose::User => (14 + hash % 38, 88),
        Whose::Std => (196 + hash % 24, 55),
        Whose::Runtime => (220, 8),
        Whose::Nobody => (110 + hash % 40, 40),
    };
    format!("hsl({hue},{saturation}%,{}%)", 66 + (hash >> 8) % 13)
}

/// Text in XML.
struct Xml<'a>(&'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // No XML document may hold these.
                '\u{fffe}' | '\u{ffff}' => f.write_str("\u{fffd}")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}
