//! Patterns for function names: `*` is any text, except where Go itself writes a star.

/// A function name in which `*` stands for any text.
///
/// The star of a pointer receiver, `(*T)`, is itself, and so are brackets: `(*Pool[...]).run` matches
/// only what reads exactly so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// What stands between the wildcards; one part if there are none.
    parts: Vec<String>,
}

impl Pattern {
    /// The pattern written as `text`.
    pub fn new(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut before = ' ';
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let receiver = before == '(' && !rest.as_str().starts_with(')');
            if c == '*' && !receiver {
                parts.push(String::new());
            } else if let Some(last) = parts.last_mut() {
                last.push(c);
            }
            before = c;
        }
        Self { text: text.to_owned(), parts }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The function, if the pattern has no wildcard.
    pub fn exact(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// What every function starts with that matches.
    pub(super) fn start(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Whether `function` matches.
    pub fn matches(&self, function: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.exact() == Some(function);
        };
        let Some(mut rest) = function.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some((_, after)) = rest.split_once(part.as_str()) else { return false };
            rest = after;
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_wild_but_for_receivers() {
        for (pattern, function, expected) in [
            ("main.poll", "main.poll", true),
            ("main.poll", "main.poll.func1", false),
            ("main.poll*", "main.poll.func1", true),
            ("(*Pool).run", "(xPool).run", false),
            ("p.(*Pool[...]).run", "p.(*Pool[...]).run", true),
            ("p.(*Pool[...]).run", "p.(*Pool.).run", false),
            ("*.(*lessor).*Loop", "v3.(*lessor).deadlineLoop", true),
            ("p.(*).run", "p.(x).run", true),
            ("*a*b", "xaxb", true),
            ("*ab*b", "xab", false),
            ("*", "anything", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(function), expected, "{pattern} {function}");
        }
    }
}
