//! Files as code hosts want them: relative to the folder that gdump was started in.

use std::fmt::Write;

/// `file` without `root` before it, and whether that was there.
pub(super) fn relative<'f>(file: &'f str, root: &str) -> &'f str {
    let root = root.trim_end_matches('/');
    let inside = file.strip_prefix(root).filter(|_| !root.is_empty());
    inside.and_then(|rest| rest.strip_prefix('/')).unwrap_or(file)
}

/// `file` as a URI reference: relative below `root`, else of the scheme `file` if it is absolute.
pub(super) fn uri(file: &str, root: &str) -> String {
    let path = relative(file, root).replace('\\', "/");
    let drive = path.as_bytes().get(1) == Some(&b':');
    let mut out = match path.as_bytes().first() {
        Some(b'/') => "file://".to_owned(),
        Some(_) if drive => "file:///".to_owned(),
        _ => String::new(),
    };
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/@+,".contains(&byte);
        if plain || (drive && byte == b':') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_become_references() {
        assert_eq!(uri("/work/shop/api/main.go", "/work/shop"), "api/main.go");
        assert_eq!(uri("/work/shopping/main.go", "/work/shop"), "file:///work/shopping/main.go");
        assert_eq!(uri("example.com/a b/<x>.go", ""), "example.com/a%20b/%3Cx%3E.go");
        assert_eq!(uri("C:\\src\\main.go", "/"), "file:///C:/src/main.go");
        assert_eq!(uri("javascript:alert\n", ""), "javascript%3Aalert%0A");
    }
}
