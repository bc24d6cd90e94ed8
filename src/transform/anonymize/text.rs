//! What a crash says, without values: Go's own words are kept, since they say what ended the program.

/// Lines that hold nothing of the program's.
const WHOLE: &[&str] = &["fatal error: ", "throw: "];

/// What Go itself panics with, as far as it has no values and no names.
const PANICS: &[&str] = &[
    "runtime error: invalid memory address or nil pointer dereference",
    "runtime error: index out of range",
    "runtime error: slice bounds out of range",
    "runtime error: integer divide by zero",
    "runtime error: makeslice: len out of range",
    "runtime error: hash of unhashable type",
    "assignment to entry in nil map",
    "close of closed channel",
    "close of nil channel",
    "send on closed channel",
    "all goroutines are asleep",
    "sync: negative WaitGroup counter",
    "sync: WaitGroup is reused before previous Wait has returned",
    "test timed out after ",
    "interface conversion: ",
];

/// The lines of `preamble` that are Go's own; of a panic what kind it is.
pub(super) fn preamble(preamble: &str) -> String {
    let lines: Vec<String> = preamble.lines().filter_map(line).collect();
    lines.join("\n")
}

fn line(line: &str) -> Option<String> {
    if WHOLE.iter().any(|start| line.starts_with(start)) {
        return Some(line.to_owned());
    }
    let text = line.trim_start();
    let tabs = line.get(..line.len() - text.len())?;
    if let Some(value) = text.strip_prefix("panic: ") {
        return Some(format!("{tabs}panic: {}", kind(value)));
    }
    // `2026/11/23 09:18:35 http: panic serving 127.0.0.1:1234: boom`
    if let Some((_, value)) = text.split_once("http: panic serving ") {
        let value = value.split_once(": ").map_or("", |(_, value)| value);
        return Some(format!("http: panic serving 0.0.0.0:0: {}", kind(value)));
    }
    let signal = text.strip_prefix("[signal SIG").or(text.strip_prefix("SIG"));
    if signal.is_some() {
        let end = text.find(" code=").or(text.find(" addr=")).unwrap_or(text.len());
        let shown = text.get(..end).unwrap_or(text);
        let close = if text.starts_with('[') && !shown.ends_with(']') { "]" } else { "" };
        return Some(format!("{shown}{close}"));
    }
    None
}

fn kind(value: &str) -> String {
    let known = PANICS.iter().find(|known| value.starts_with(**known));
    let end = if value.contains("[recovered") { " [recovered]" } else { "" };
    match known {
        Some(&"test timed out after ") => {
            let time = value.split(' ').nth(4).unwrap_or("0s");
            let time: String =
                time.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
            format!("test timed out after {time}{end}")
        }
        Some(known) => format!("{}{end}", known.trim_end_matches([' ', ':'])),
        None => format!("(value left out){end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_left_out() {
        for (text, left) in [
            ("panic: secret", "panic: (value left out)"),
            (
                "panic: runtime error: index out of range [5] with length 3\n\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x1]",
                "panic: runtime error: index out of range\n[signal SIGSEGV: segmentation violation]",
            ),
            (
                "fatal error: all goroutines are asleep - deadlock!",
                "fatal error: all goroutines are asleep - deadlock!",
            ),
            (
                "panic: a [recovered]\n\tpanic: b",
                "panic: (value left out) [recovered]\n\tpanic: (value left out)",
            ),
            (
                "2026/11/23 09:18:35 http: panic serving 10.1.2.3:5: boom",
                "http: panic serving 0.0.0.0:0: (value left out)",
            ),
            ("panic: a\nmore secrets", "panic: (value left out)"),
            (
                "panic: test timed out after 1s\n\trunning tests:\n\t\tTestSecret (1s)",
                "panic: test timed out after 1s",
            ),
        ] {
            assert_eq!(preamble(text), left, "{text}");
        }
    }
}
