//! Sentences of a grammar: RFC 5234 rules and a list of choices become a text that they describe.

use std::collections::HashMap;

use abnf::types::{Node, Repeat, TerminalValues};

/// Rules by name. Names of core rules are built in.
pub(crate) struct Grammar {
    rules: HashMap<String, Node>,
    /// Rule names in the order of the text.
    pub(crate) names: Vec<String>,
}

impl Grammar {
    /// The rules of all `texts`; a later rule replaces an earlier one of that name.
    pub(crate) fn new(texts: &[&str]) -> Self {
        let mut grammar = Self { rules: HashMap::new(), names: Vec::new() };
        for text in texts {
            for rule in abnf::rulelist(&with_crlf(text)).expect("the grammar is no ABNF") {
                grammar.names.push(rule.name().to_owned());
                grammar.rules.insert(rule.name().to_owned(), rule.node().clone());
            }
        }
        grammar
    }

    /// Names that rules use and that are neither defined nor core rules.
    pub(crate) fn undefined(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for name in &self.names {
            self.missing(&self.rules[name], &mut missing);
        }
        missing
    }

    fn missing(&self, node: &Node, out: &mut Vec<String>) {
        match node {
            Node::Alternatives(nodes) | Node::Concatenation(nodes) => {
                for node in nodes {
                    self.missing(node, out);
                }
            }
            Node::Repetition { node, .. } | Node::Group(node) | Node::Optional(node) => {
                self.missing(node, out);
            }
            Node::Rulename(name) if !self.rules.contains_key(name) && core(name).is_none() => {
                out.push(name.clone());
            }
            _ => {}
        }
    }

    /// The sentence of `rule` that `choices` lead to. When they are used up, the first alternative
    /// and the fewest repetitions are taken, so that every sentence ends.
    pub(crate) fn sentence(&self, rule: &str, choices: &[u16]) -> String {
        let mut writer = Writer { grammar: self, choices: choices.iter(), out: String::new() };
        writer.rule(rule);
        writer.out
    }
}

/// The crate wants CRLF, and a comment or blank line at the start is no rule list to it.
fn with_crlf(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once(" ;").map_or(line, |(rule, _)| rule));
    lines
        .filter(|line| !line.trim().is_empty() && !line.starts_with(';'))
        .fold(String::new(), |text, line| text + line.trim_end() + "\r\n")
}

/// Code points of a core rule.
fn core(name: &str) -> Option<Vec<(u32, u32)>> {
    Some(match name {
        "ALPHA" => vec![(0x61, 0x7a), (0x41, 0x5a)],
        "BIT" => vec![(0x30, 0x31)],
        "CHAR" => vec![(0x01, 0x7f)],
        "CR" => vec![(0x0d, 0x0d)],
        "DIGIT" => vec![(0x30, 0x39)],
        "DQUOTE" => vec![(0x22, 0x22)],
        "HEXDIG" => vec![(0x30, 0x39), (0x61, 0x66)],
        "HTAB" => vec![(0x09, 0x09)],
        "LF" => vec![(0x0a, 0x0a)],
        "SP" => vec![(0x20, 0x20)],
        "VCHAR" => vec![(0x21, 0x7e)],
        _ => return None,
    })
}

struct Writer<'a> {
    grammar: &'a Grammar,
    choices: std::slice::Iter<'a, u16>,
    out: String,
}

impl Writer<'_> {
    /// A number below `n`; 0 when the choices are used up.
    fn choose(&mut self, n: usize) -> usize {
        if n < 2 { 0 } else { self.choices.next().map_or(0, |choice| usize::from(*choice) % n) }
    }

    fn rule(&mut self, name: &str) {
        match self.grammar.rules.get(name) {
            Some(node) => self.node(node),
            None => self.one_of(&core(name).unwrap_or_else(|| panic!("no rule {name}"))),
        }
    }

    fn one_of(&mut self, ranges: &[(u32, u32)]) {
        let (from, to) = ranges[self.choose(ranges.len())];
        let value = from + u32::try_from(self.choose((to - from + 1) as usize)).unwrap();
        self.out.push(char::from_u32(value).expect("a surrogate is no character"));
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Alternatives(nodes) => {
                let index = self.choose(nodes.len());
                self.node(&nodes[index]);
            }
            Node::Concatenation(nodes) => nodes.iter().for_each(|node| self.node(node)),
            Node::Repetition { repeat, node } => {
                for _ in 0..self.times(repeat) {
                    self.node(node);
                }
            }
            Node::Group(node) => self.node(node),
            Node::Optional(node) => {
                if self.choose(2) == 1 {
                    self.node(node);
                }
            }
            Node::Rulename(name) => self.rule(name),
            Node::String(literal) => self.out.push_str(literal.value()),
            Node::TerminalValues(TerminalValues::Range(from, to)) => self.one_of(&[(*from, *to)]),
            Node::TerminalValues(TerminalValues::Concatenation(values)) => {
                self.out.extend(values.iter().filter_map(|value| char::from_u32(*value)));
            }
            Node::Prose(text) => panic!("prose cannot be generated: {text}"),
        }
    }

    fn times(&mut self, repeat: &Repeat) -> usize {
        let (min, max) = repeat.min_max();
        let min = min.unwrap_or(0);
        let max = max.unwrap_or(min + 4).max(min);
        min + self.choose(max - min + 1)
    }
}
