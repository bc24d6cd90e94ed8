//! The format of `.netrc`: words, the sense of each given by the one before it.

use super::settings::Credentials;

/// Name and password for the machine `host`, or those that are for all others.
pub(super) fn find(text: &str, host: &str) -> Option<Credentials> {
    let mut entries: Vec<(Option<String>, String, String)> = Vec::new();
    let mut in_macro = false;
    for line in text.lines() {
        // A macro ends at an empty line.
        in_macro &= !line.trim().is_empty();
        if line.trim_start().starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        while let Some(word) = words.next().filter(|_| !in_macro) {
            match word {
                "machine" => {
                    let name = Some(words.next().unwrap_or("").to_owned());
                    entries.push((name, String::new(), String::new()));
                }
                "default" => entries.push((None, String::new(), String::new())),
                "macdef" => in_macro = true,
                "login" | "password" => {
                    let value = words.next().unwrap_or("").trim_matches('"').to_owned();
                    match entries.last_mut() {
                        Some(entry) if word == "login" => entry.1 = value,
                        Some(entry) => entry.2 = value,
                        None => {}
                    }
                }
                _ => {}
            }
        }
    }
    let is_it =
        |name: &Option<String>| name.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(host));
    let (_, user, password) = entries.into_iter().find(|(name, _, _)| is_it(name))?;
    Some(Credentials::new(user, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        let text = "machine a login me password one\n\
                    # machine b password no\n\
                    machine b\n  login you\n  password \"two\"\n\
                    macdef init\n machine c password no\n\n\
                    default login any password three\n";
        let password = |host| find(text, host).unwrap().password().to_owned();
        assert_eq!(password("a"), "one");
        assert_eq!(password("B"), "two");
        assert_eq!(password("c"), "three");
        assert_eq!(find("machine a login x password y", "z"), None);
        assert_eq!(find("password x machine", "z"), None);
    }
}
