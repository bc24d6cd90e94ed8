use super::*;
use proptest::prelude::*;
use std::io::Cursor;
use std::io::Write;

/// `printf 'goroutine 1 [running]:\n' | xz | xxd -p`
const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a3010016676f726f7574696e652031205b72756e6e696e675d3a0a0000d8069369588f0beb00012f17810849b11fb6f37d010000000004595a";
const TEXT: &[u8] = b"goroutine 1 [running]:\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn xz() -> Vec<u8> {
    let byte = |index: usize| u8::from_str_radix(XZ.get(index..index + 2).unwrap(), 16).unwrap();
    (0..XZ.len()).step_by(2).map(byte).collect()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What a member yielded: its name, its bytes, and whether it was truncated.
type Seen = (String, Vec<u8>, bool);

fn read_with(bytes: &[u8], limits: &Limits) -> (Result<Opened>, Vec<Seen>) {
    let mut seen = Vec::new();
    let opened = open_reader("in", bytes, limits, &mut |member, stream| {
        let mut out = Vec::new();
        stream.read_to_end(&mut out).map_err(|error| Stream::error(member.name, error))?;
        seen.push((member.name.to_owned(), out, stream.truncated().is_some()));
        Ok(())
    });
    (opened, seen)
}

fn read(bytes: &[u8]) -> (Opened, Vec<Seen>) {
    let (opened, seen) = read_with(bytes, &Limits::default());
    (opened.unwrap(), seen)
}

#[track_caller]
fn only(bytes: &[u8]) -> Vec<u8> {
    let (_, seen) = read(bytes);
    let [(name, out, truncated)] = seen.as_slice() else { panic!("{} members", seen.len()) };
    assert_eq!((name.as_str(), truncated), ("in", &false));
    out.clone()
}

#[test]
fn each_compression_is_undone() {
    for compressed in [gzip(TEXT), bzip2(TEXT), zstd(TEXT), xz(), TEXT.to_vec()] {
        assert_eq!(only(&compressed), TEXT);
    }
    assert_eq!(only(b""), b"");
    assert_eq!(only(&gzip(b"")), b"");
}

#[test]
fn members_follow_each_other() {
    let twice = [TEXT, TEXT].concat();
    for one in [gzip(TEXT), bzip2(TEXT), zstd(TEXT), xz()] {
        assert_eq!(only(&[&one[..], &one].concat()), twice);
        assert_eq!(only(&[&one[..], &[0; 700], &one, &vec![0; 70_000]].concat()), twice);
        assert_eq!(only(&[&one[..], b"trailing garbage"].concat()), TEXT);
    }
    // More members than a buffer holds.
    assert_eq!(only(&gzip(TEXT).repeat(5000)), TEXT.repeat(5000));
    let skippable = [&b"\x50\x2a\x4d\x18\x04\0\0\0abcd"[..], &zstd(TEXT)].concat();
    assert_eq!(only(&skippable), TEXT);
}

#[test]
fn text_of_windows_becomes_utf_8() {
    let text = "goroutine 1 [running]:\r\nmain.größe😀()\r\n";
    let little: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for bytes in [&little, &big, &gzip(&little), &format!("\u{feff}{text}").into_bytes()] {
        assert_eq!(only(bytes), text.as_bytes());
    }
    // Longer than a buffer, with a character of two units at each place of it.
    for shift in 0..4 {
        let text = format!("{}{}", "x".repeat(shift + 1), "a😀".repeat(10_000));
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
        assert_eq!(only(&bytes), text.as_bytes());
    }
    // Cut inside a unit, and inside a pair of units.
    assert_eq!(only(b"\xff\xfea\0b"), b"a");
    assert_eq!(only(b"\xff\xfea\0\x3d\xd8"), "a\u{fffd}".as_bytes());
}

#[test]
fn compression_is_nested() {
    assert_eq!(only(&gzip(&zstd(&bzip2(TEXT)))), TEXT);
    let limits = Limits { max_depth: 2, ..Limits::default() };
    assert!(read_with(&gzip(&gzip(TEXT)), &limits).0.is_ok());
    let error = read_with(&gzip(&gzip(&gzip(TEXT))), &limits).0.unwrap_err();
    assert_eq!(
        error.to_string(),
        "in: the nesting of archives and compression is over the limit of 2 layers; raise it with --max-depth"
    );
}

#[test]
fn a_bomb_is_stopped() {
    let limits = Limits { max_bytes: 1000, ..Limits::default() };
    assert_eq!(read_with(&gzip(&[b'x'; 1000]), &limits).1.len(), 1);
    let large: &[u8] = &[b'x'; 1001];
    let half: &[u8] = &[b'x'; 600];
    for bomb in [
        gzip(large),
        gzip(&gzip(large)),
        bzip2(large),
        zstd(large),
        large.to_vec(),
        gzip(&tar(&[("a", half), ("b", half)])),
    ] {
        let error = read_with(&bomb, &limits).0.unwrap_err();
        assert!(error.to_string().contains("--max-bytes"), "{error}");
    }
    // The limit is for the sum of the members, also where none of them is over it.
    let limits = Limits { max_bytes: 100_000, ..Limits::default() };
    let members: Vec<_> = (0..4).map(|i| format!("{i}")).collect();
    let large = vec![b'x'; 30_000];
    let members: Vec<_> = members.iter().map(|name| (name.as_str(), &large[..])).collect();
    let (opened, seen) = read_with(&zip(&members), &limits);
    assert!(matches!(opened, Err(Error::Limit { .. })), "{opened:?}");
    assert_eq!(seen.len(), 3);
}

/// Streams without any byte in them.
fn empty_streams() -> Vec<Vec<u8>> {
    let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd".to_vec();
    vec![gzip(b""), bzip2(b""), zstd(b""), skippable]
}

#[test]
fn members_that_yield_nothing_count() {
    let limits = Limits { max_members: 1000, ..Limits::default() };
    for empty in empty_streams() {
        for (count, told) in
            [(999, None), (1001, Some("limit of 1000; raise it with --max-members"))]
        {
            let (opened, seen) = read_with(&empty.repeat(count), &limits);
            let error = opened.err().map(|error| error.to_string());
            assert_eq!(error.is_some(), told.is_some(), "{error:?}");
            assert!(error.unwrap_or_default().ends_with(told.unwrap_or_default()));
            assert!(seen.iter().all(|(_, out, _)| out.is_empty()));
        }
    }
    let files: Vec<_> = (0..1001).map(|index| index.to_string()).collect();
    let files: Vec<_> = files.iter().map(|name| (name.as_str(), &b""[..])).collect();
    for archive in [tar(&files), zip(&files), gzip(&tar(&files))] {
        let error = read_with(&archive, &limits).0.unwrap_err().to_string();
        assert!(error.ends_with("raise it with --max-members"), "{error}");
    }
}

#[test]
fn a_stream_behind_many_empty_ones_is_read() {
    for (empty, full) in
        empty_streams().iter().zip([gzip(TEXT), bzip2(TEXT), zstd(TEXT), zstd(TEXT)])
    {
        assert_eq!(only(&[&empty.repeat(5000)[..], &full, &empty.repeat(3)].concat()), TEXT);
    }
    // A skippable frame that says that it is longer than the rest.
    let cut = b"\x50\x2a\x4d\x18\xff\xff\xff\xffabcd";
    let (opened, seen) = read_with(&[&zstd(TEXT)[..], cut].concat(), &Limits::default());
    assert!(opened.is_ok() && seen[0].1 == TEXT && seen[0].2);
}

/// A tar header of the type `kind` for `size` bytes.
fn header(name: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

#[test]
fn headers_of_a_tar_archive_are_bounded() {
    let one = tar(&[("a", TEXT)]);
    let member = &one[..1024];
    for kind in [tar::EntryType::GNULongName, tar::EntryType::GNULongLink, tar::EntryType::XHeader]
    {
        let size = 3 << 20;
        let long = header("long", kind, size);
        let long = [&long.as_bytes()[..], &vec![b'x'; 3 << 20]].concat();
        let (opened, seen) = read(&[member, &long, member, &[0; 1024]].concat());
        assert_eq!(seen, [("in!a".to_owned(), TEXT.to_vec(), false)]);
        let told = opened.unreadable[0].reason.to_string();
        assert!(
            told.ends_with("the name or the extended header of a member is over 1 MiB"),
            "{told}"
        );
    }
    // A long name is none that is too long, and a member may have any size.
    let name = "d/".repeat(2000) + "b";
    let large = vec![b'x'; 5 << 20];
    let (_, seen) = read(&tar(&[("a", &large), (&name, TEXT), ("c", b"")]));
    let names: Vec<_> = seen.iter().map(|(name, out, _)| (name.clone(), out.len())).collect();
    let expected =
        [("in!a".into(), large.len()), (format!("in!{name}"), TEXT.len()), ("in!c".into(), 0)];
    assert_eq!(names, expected);
}

#[test]
fn a_file_with_holes_is_read_to_its_end() {
    let octal =
        |number: u64| -> [u8; 12] { format!("{number:011o}\0").into_bytes().try_into().unwrap() };
    let mut sparse = header("sparse", tar::EntryType::GNUSparse, 512 + 100);
    let gnu = sparse.as_gnu_mut().unwrap();
    for (at, (offset, length)) in [(1 << 20, 512), (3 << 20, 100)].into_iter().enumerate() {
        (gnu.sparse[at].offset, gnu.sparse[at].numbytes) = (octal(offset), octal(length));
    }
    gnu.realsize = octal((3 << 20) + 100);
    sparse.set_cksum();
    let data = [&[b'x'; 612][..], &[0; 412]].concat();
    let archive = [sparse.as_bytes(), &data[..], &tar(&[("a", TEXT)])].concat();
    let (_, seen) = read(&archive);
    assert_eq!((seen[0].1.len(), seen[0].2), ((3 << 20) + 100, false));
    assert_eq!(seen[1].1, TEXT);
}

#[test]
fn a_truncated_stream_yields_its_beginning() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(|i| format!("line {i}\n").into_bytes()).collect();
    for compressed in [gzip(&text), zstd(&text), bzip2(&text)] {
        let cut = &compressed[..compressed.len() - 5];
        let (_, seen) = read(cut);
        let [(_, out, true)] = seen.as_slice() else { panic!("not truncated") };
        assert!(text.starts_with(out) && !out.is_empty());
    }
    // Damaged in the middle.
    let mut damaged = gzip(&text);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0xff);
    let (_, seen) = read(&damaged);
    assert!(seen[0].2 && seen[0].1.len() > text.len() / 4, "{}", seen[0].1.len());
    // Nothing is left.
    for cut in [&gzip(&text)[..12], &zstd(&text)[..8], &bzip2(&text)[..20], &xz()[..20]] {
        let error = read_with(cut, &Limits::default()).0.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}

#[test]
fn archives_hold_members() {
    let inner = gzip(&tar(&[("deep", b"5")]));
    let members: [(&str, &[u8]); 4] =
        [("dir/b.txt", b"1"), ("a.gz", &gzip(b"2")), ("dir/.hidden", b"3"), ("c.tgz", &inner)];
    for archive in [tar(&members), gzip(&tar(&members)), zip(&members), gzip(&zip(&members))] {
        let (opened, seen) = read(&archive);
        let seen: Vec<_> =
            seen.iter().map(|(name, out, _)| (name.as_str(), out.as_slice())).collect();
        assert_eq!(seen, [("in!dir/b.txt", &b"1"[..]), ("in!a.gz", b"2"), ("in!c.tgz!deep", b"5")]);
        assert_eq!((opened.members, opened.skipped), (3, 1));
        assert!(opened.unreadable.is_empty());
    }
    assert_eq!(read(&zip(&[])).0.members, 0);
}

#[test]
fn a_damaged_member_does_not_hide_the_others() {
    let broken = &gzip(TEXT)[..11];
    for archive in [tar(&[("a", broken), ("b", TEXT)]), zip(&[("a", broken), ("b", TEXT)])] {
        let (opened, seen) = read(&archive);
        assert_eq!(seen, [("in!b".to_owned(), TEXT.to_vec(), false)]);
        assert_eq!(opened.unreadable[0].name, "in!a");
    }
}

#[test]
fn a_truncated_archive_yields_its_beginning() {
    let large = TEXT.repeat(100);
    let tar = tar(&[("a", TEXT), ("b", &large)]);
    let (_, seen) = read(&tar[..1536 + 600]);
    assert_eq!((seen[0].1.as_slice(), seen[0].2), (TEXT, false));
    assert_eq!((seen[1].1.as_slice(), seen[1].2), (&large[..600], true));
    let zip = zip(&[("a", TEXT), ("b", TEXT)]);
    let (opened, seen) = read(&zip[..zip.len() - 30]);
    assert_eq!(seen.len(), 2);
    assert_eq!(opened.unreadable.len(), 1);
    assert!(read_with(&zip[..20], &Limits::default()).0.is_err());
    // A compressed archive that ends early.
    let noise: Vec<u8> =
        (0..20_000_u32).map(|i| (i.wrapping_mul(i) >> 5).to_le_bytes()[0]).collect();
    let packed = gzip(&self::tar(&[("a", &noise), ("b", TEXT)]));
    let (opened, seen) = read(&packed[..packed.len() / 2]);
    assert!(seen.len() == 1 && seen[0].2 && noise.starts_with(&seen[0].1));
    assert_eq!(opened.unreadable[0].name, "in");
}

#[test]
fn names_in_archives_are_only_shown() {
    let (_, seen) = read(&zip(&[("../../etc/x\0y", b"1"), ("/abs", b"2")]));
    assert_eq!((seen[0].0.as_str(), seen[1].0.as_str()), ("in!../../etc/xy", "in!/abs"));
}

#[test]
fn a_directory_is_walked_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::create_dir(path("sub")).unwrap();
    std::fs::create_dir(path(".git")).unwrap();
    std::fs::write(path(".git/x"), b"0").unwrap();
    std::fs::write(path("z.txt"), b"3").unwrap();
    std::fs::write(path("a.zip"), zip(&[("m", b"1")])).unwrap();
    std::fs::write(path("sub/s.gz"), gzip(b"2")).unwrap();
    std::fs::write(path("bad.gz"), &gzip(b"4")[..11]).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(dir.path(), path("sub/loop")).unwrap();
    let mut seen = Vec::new();
    let opened =
        open(&Target::Path(dir.path().into()), &Limits::default(), &mut |member, stream| {
            let mut out = String::new();
            stream.read_to_string(&mut out).unwrap();
            assert!(!member.explicit);
            seen.push(out);
            Ok(())
        });
    let opened = opened.unwrap();
    assert_eq!(seen, ["1", "2", "3"]);
    assert_eq!((opened.unreadable.len(), opened.skipped), (1, if cfg!(unix) { 2 } else { 1 }));
}

#[test]
fn a_file_is_explicit_and_a_missing_one_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), gzip(TEXT)).unwrap();
    let mut explicit = false;
    open(&Target::Path(file.path().into()), &Limits::default(), &mut |member, _| {
        explicit = member.explicit && member.name == file.path().display().to_string();
        Ok(())
    })
    .unwrap();
    assert!(explicit);
    let missing = Target::Path("/no/such/file".into());
    let error = open(&missing, &Limits::default(), &mut |_, _| Ok(())).unwrap_err();
    assert!(error.to_string().starts_with("/no/such/file: "), "{error}");
}

#[test]
fn an_error_of_the_visitor_ends_the_work() {
    let mut visits = 0;
    let result = open_reader(
        "in",
        &tar(&[("a", b"1"), ("b", b"2")])[..],
        &Limits::default(),
        &mut |_, _| {
            visits += 1;
            Err(Error::Usage("stop".into()))
        },
    );
    assert_eq!((result.unwrap_err().to_string().as_str(), visits), ("stop", 1));
}

proptest! {
    #[test]
    fn compressed_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..3000), kind in 0..3, copies in 1..4_usize) {
        prop_assume!(Container::sniff(&bytes).is_none());
        let one = match kind {
            0 => gzip(&bytes),
            1 => zstd(&bytes),
            _ => bzip2(&bytes),
        };
        prop_assert_eq!(only(&one.repeat(copies)), bytes.repeat(copies));
    }

    #[test]
    fn a_cut_gzip_is_a_prefix(bytes in prop::collection::vec(any::<u8>(), 1..3000), cut in 0..3000_usize) {
        prop_assume!(Container::sniff(&bytes).is_none());
        let compressed = gzip(&bytes);
        let cut = compressed.len().saturating_sub(cut).max(3);
        match read_with(&compressed[..cut], &Limits::default()) {
            (Ok(_), seen) => {
                prop_assert!(bytes.starts_with(&seen[0].1));
                prop_assert_eq!(seen[0].2, cut < compressed.len());
            }
            (Err(error), _) => {
                let damaged = matches!(error, Error::Damaged { .. });
                prop_assert!(damaged);
            }
        }
    }

    #[test]
    fn damaged_containers_never_panic(kind in 0..6, at in 0..4000_usize, with in any::<u64>(), cut in 0..4000_usize) {
        let text: Vec<u8> = TEXT.repeat(50);
        let members: [(&str, &[u8]); 2] = [("a", &text), ("b", TEXT)];
        let mut bytes = match kind {
            0 => gzip(&text),
            1 => zstd(&text),
            2 => bzip2(&text),
            3 => xz(),
            4 => tar(&members),
            _ => zip(&members),
        };
        let at = at % bytes.len();
        for (byte, with) in bytes[at..].iter_mut().zip(with.to_le_bytes()) {
            *byte ^= with;
        }
        bytes.truncate(cut.max(8));
        let limits = Limits { max_bytes: 1 << 20, ..Limits::default() };
        let _ = read_with(&bytes, &limits);
    }
}
