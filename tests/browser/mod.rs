//! The HTML report in a real browser: it runs under its own content policy, shows what is in the dump as
//! text, and its filter, tables, flame graph and links do what they say.
//!
//! `GDUMP_SCREENSHOTS=DIR` keeps pictures of what was seen.

pub(crate) mod driver;

use std::path::{Path, PathBuf};
use std::process::Command;

use driver::Browser;
use serde_json::json;

/// The report of `inputs` as a file in `folder`.
fn report(folder: &Path, name: &str, args: &[&str], inputs: &[PathBuf]) -> PathBuf {
    let path = folder.join(format!("{name}.html"));
    let output = Command::new(env!("CARGO_BIN_EXE_gdump"))
        .args(args)
        .args(["--format", "html", "-o"])
        .arg(&path)
        .args(inputs)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The text of all elements that `selector` finds.
fn texts(browser: &Browser, selector: &str) -> Vec<String> {
    let script = format!(
        "return [...document.querySelectorAll({})].map((one) => one.textContent)",
        json!(selector)
    );
    serde_json::from_value(browser.run(&script)).unwrap()
}

fn count(browser: &Browser, selector: &str) -> usize {
    texts(browser, selector).len()
}

fn click(browser: &Browser, selector: &str) {
    browser.run(&format!("document.querySelector({}).click()", json!(selector)));
}

fn filter(browser: &Browser, text: &str) {
    browser.run(&format!("setFilter({})", json!(text)));
}

/// Nothing went wrong in the page, nothing was kept from running, and nothing was loaded.
fn assert_quiet(browser: &Browser) {
    assert_eq!(browser.console(), Vec::<String>::new());
    assert_eq!(browser.run("return performance.getEntriesByType('resource').length"), json!(0));
}

#[test]
fn the_page_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    one_dump(&browser, folder.path());
    hostile_names(&browser, folder.path());
    series(&browser, folder.path());
    many_goroutines(&browser, folder.path());
}

fn one_dump(browser: &Browser, folder: &Path) {
    browser.resize(1280, 900, false);
    let dump = testdata("debug2/leaky-service.go1.27.txt");
    browser.open(&report(folder, "leaky", &["summarize"], &[dump]));
    assert!(texts(browser, "h1")[0].ends_with("leaky-service.go1.27.txt"));
    assert!(texts(browser, ".verdict")[0].contains("325 goroutines"), "the verdict names the leak");
    browser.screenshot("leaky-light");
    filtering(browser);
    unfolding(browser);
    sorting(browser);
    flame(browser);
    goroutines(browser);
    themes(browser);
    phone(browser);
    assert_quiet(browser);
}

fn filtering(browser: &Browser) {
    let all = count(browser, "#groups tr.summary");
    assert!(all > 5);
    browser.run("document.activeElement.blur()");
    browser.press("/");
    browser.press("state:\"chan send\"");
    let states = texts(browser, "#groups td.state .state");
    assert!(!states.is_empty() && states.iter().all(|state| state == "chan send"), "{states:?}");
    assert!(texts(browser, "#filtered")[0].contains("325 goroutines"));
    assert_eq!(count(browser, "#flame-graph .box.state"), 1, "the flame graph follows the filter");
    browser.press("\u{e00c}");
    assert_eq!(count(browser, "#groups tr.summary"), all, "Escape clears the filter");
    filter(browser, "-main.");
    let rest = count(browser, "#groups tr.summary");
    assert!(rest > 0 && rest < all);
    filter(browser, "there-is-no-such-function");
    assert_eq!(count(browser, "#groups tr.summary"), 0);
    filter(browser, "");
}

fn unfolding(browser: &Browser) {
    assert_eq!(count(browser, "#groups .detail .stack"), 0);
    click(browser, "#groups .unfold");
    let frames = texts(browser, "#groups .detail .stack li");
    assert!(
        frames.iter().any(|frame| frame.contains("main.(*reporter).ServeHTTP.func1")),
        "{frames:?}"
    );
    let seen = "const { height } = document.querySelector('#groups .detail').getBoundingClientRect(); return height > 50";
    assert_eq!(browser.run(seen), json!(true));
    assert!(count(browser, "#groups .detail .ids .goid") > 100, "goroutines are told one by one");
    browser.run("document.querySelector('#groups').scrollIntoView()");
    browser.screenshot("leaky-group");
    click(browser, "#groups .unfold");
    assert_eq!(browser.run(seen), json!(false), "a second click folds it");
}

fn sorting(browser: &Browser) {
    let names = || texts(browser, "#groups td.where .function");
    let by_count = names();
    click(browser, "#groups th.number button");
    let ascending = names();
    assert_ne!(by_count, ascending);
    assert_eq!(texts(browser, "#groups th[aria-sort=ascending]"), ["Goroutines"]);
    click(browser, "#groups th.number button");
    assert_eq!(names(), by_count);
    browser.run("[...document.querySelectorAll('#states th button')].find((one) => one.textContent === 'State').click()");
    let states = texts(browser, "#states td .state");
    let mut sorted = states.clone();
    sorted.sort_by_key(|state| state.to_lowercase());
    assert_eq!(states, sorted);
}

fn flame(browser: &Browser) {
    let boxes = count(browser, "#flame-graph .box");
    assert!(boxes > 20, "{boxes}");
    let wide = browser.run(
        "return Number(document.querySelector('#flame-graph .box rect').getAttribute('width'))",
    );
    assert!(wide.as_f64().unwrap() > 600.0);
    browser.run("document.querySelector('#flame').scrollIntoView()");
    browser.screenshot("leaky-flame");
    let zoom = "[...document.querySelectorAll('#flame-graph .box')].find((one) => one.textContent.includes('reporter')).dispatchEvent(new MouseEvent('click'))";
    browser.run(zoom);
    assert!(
        count(browser, "#flame-graph .box") < boxes,
        "zooming shows one function and what is below it"
    );
    browser.press("\u{e00c}");
    assert_eq!(count(browser, "#flame-graph .box"), boxes, "Escape shows all");
    let search = "const input = document.querySelector('#flame input'); input.value = 'serveHTTP'; input.dispatchEvent(new Event('input'))";
    browser.run(search);
    assert!(count(browser, "#flame-graph .box.found") > 0);
    assert!(texts(browser, "#flame-said")[0].contains("goroutines"));
}

fn goroutines(browser: &Browser) {
    let creators = "return [...document.querySelectorAll('#goroutines tbody tr')].map((row) => row.children[4].querySelector('a')).find(Boolean).textContent";
    let creator = browser.run(creators);
    browser.run(&format!("location.hash = '#g{}'", creator.as_str().unwrap()));
    browser.wait_for("document.querySelector('#goroutine h3')");
    assert_eq!(
        texts(browser, "#goroutine h3")[0],
        format!("Goroutine {}", creator.as_str().unwrap())
    );
    let children = texts(browser, "#goroutine ul.plain .goid");
    assert!(!children.is_empty(), "a creator has children");
    browser.screenshot("leaky-goroutine");
    click(browser, "#goroutine ul.plain a.goid");
    browser.wait_for(&format!(
        "document.querySelector('#goroutine h3').textContent === 'Goroutine {}'",
        children[0]
    ));
    assert!(
        texts(browser, "#goroutine ol.plain .goid").contains(&creator.as_str().unwrap().to_owned())
    );
}

/// Contrast of the text with what is behind it, as WCAG 2 counts it.
const CONTRAST: &str = "
    const channel = (c) => (c /= 255, c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map(Number); return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
    const behind = (one) => { const color = getComputedStyle(one).backgroundColor; return /, 0\\)$/.test(color) && one.parentElement ? behind(one.parentElement) : color; };
    return Math.min(...[...document.querySelectorAll('.badge, .dim, .state, .place, p, h1, h2, th button, a, .library .function')].map((one) => {
        const [a, b] = [light(getComputedStyle(one).color), light(behind(one))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    }));";

fn themes(browser: &Browser) {
    browser.run("window.scrollTo(0, 0)");
    let page = || browser.run("return getComputedStyle(document.body).backgroundColor");
    let light = page();
    assert!(browser.run(CONTRAST).as_f64().unwrap() >= 4.5);
    browser.media("prefers-color-scheme", "dark");
    let dark = page();
    assert_ne!(light, dark, "the page follows the system");
    assert!(browser.run(CONTRAST).as_f64().unwrap() >= 4.5);
    browser.screenshot("leaky-dark");
    browser.media("prefers-color-scheme", "light");
    assert_eq!(page(), light);
    click(browser, "#theme");
    assert_eq!(page(), dark, "the switch is stronger than the system");
    click(browser, "#theme");
    click(browser, "#theme");
    assert_eq!(page(), light);
}

fn phone(browser: &Browser) {
    browser.resize(390, 844, true);
    browser.run("window.scrollTo(0, 0)");
    let too_wide = browser.run("return document.documentElement.scrollWidth > window.innerWidth");
    assert_eq!(too_wide, json!(false), "nothing is wider than a phone");
    browser.screenshot("leaky-phone");
    browser.run("document.querySelector('#groups').scrollIntoView()");
    browser.screenshot("leaky-phone-groups");
    browser.resize(1280, 900, false);
}

fn hostile_names(browser: &Browser, folder: &Path) {
    // The first is harmless: what stands around a header tells whether a page or terminal wrapped the text.
    let hostile = [
        "__proto__",
        "</script><script>window.evil = 1</script>",
        "<img src=x onerror=window.evil=1>",
        "<!--",
        "<!--<script>",
        "\u{1b}[31mred\u{1b}]0;title\u{7}",
        "\u{202e}gnitirw",
        "constructor",
        "{{script}}",
        "javascript:window.evil=1",
    ];
    let mut dump = String::new();
    for (name, id) in hostile.iter().zip(1..) {
        dump.push_str(&format!(
            "goroutine {id} [chan receive, 5 minutes] {{\"k\": \"{name}\", \"{name}\": \"v\"}}:\nmain.{name}(0x1)\n\t/src/{name}/main.go:{id} +0x1\ncreated by main.by{name} in goroutine 1\n\t/src/{name}.go:7 +0x1\n\n"
        ));
        dump.push_str(&format!(
            "goroutine {} [{name}]:\nmain.f(0x1)\n\t/src/main.go:1 +0x1\n\n",
            100 + id
        ));
    }
    let path = folder.join("<b onclick=x>&amp;.txt");
    std::fs::write(&path, dump).unwrap();
    let page = report(folder, "hostile", &["leaks"], &[path]);
    browser.open(&page);
    browser.run("document.querySelectorAll('.unfold').forEach((one) => one.click())");
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
    browser.run("location.hash = '#g1'");
    assert_eq!(browser.run("return typeof window.evil"), json!("undefined"));
    let elements = browser.run("return document.querySelectorAll('img, iframe, main script, b, a[href^=javascript]').length");
    assert_eq!(elements, json!(0));
    let seen = browser.run("return document.body.innerText");
    let seen = seen.as_str().unwrap();
    for text in [
        "</script><script>window.evil = 1</script>",
        "<!--<script>",
        "\\x1b[31mred",
        "\\u{202e}gnitirw",
        "{{script}}",
        "<b onclick=x>&amp;.txt",
    ] {
        assert!(seen.contains(text), "{text} is shown as it is");
    }
    assert!(!seen.contains(['\u{1b}', '\u{202e}', '\u{7}']));
    browser.screenshot("hostile");
    assert_quiet(browser);
}

fn series(browser: &Browser, folder: &Path) {
    let Some(cases) = crate::support::corpus().map(|corpus| corpus.join("cases")) else { return };
    let dumps = ["t1", "t2", "t3"].map(|t| cases.join(format!("svc-mutex-held-in-io.{t}.d2.txt")));
    browser.open(&report(folder, "series", &["blocked"], &dumps));
    assert_eq!(count(browser, "[role=tab]"), 3);
    assert_eq!(texts(browser, "[role=tab][aria-selected=true]").len(), 1);
    assert!(texts(browser, "h1")[0].ends_with("t3.d2.txt"), "the last dump is shown first");
    assert_eq!(count(browser, "#series tbody tr"), 3);
    assert!(texts(browser, "#groups td.growth")[0].contains('+'), "the largest group has grown");
    browser.screenshot("series");
    browser.run("document.querySelector('#findings').scrollIntoView()");
    browser.screenshot("blocked-finding");
    browser.run("document.querySelector('#groups').scrollIntoView()");
    browser.screenshot("series-groups");
    browser.run("document.activeElement.blur()");
    browser.press("[");
    assert!(texts(browser, "h1")[0].ends_with("t2.d2.txt"));
    assert_quiet(browser);
}

fn many_goroutines(browser: &Browser, folder: &Path) {
    let Some(large) = crate::support::corpus().map(|corpus| corpus.join("large")) else { return };
    for (name, groups) in [
        ("100k.debug2.txt.zst", 1),
        ("deep100k.debug2.txt.zst", 1000),
        ("lab100k.debug2.txt.zst", 1),
    ] {
        let page = report(folder, name, &["summarize"], &[large.join(name)]);
        let size = std::fs::metadata(&page).unwrap().len();
        assert!(size < 4_000_000, "{name}: {size} bytes");
        browser.open(&page);
        let took = browser.run("return performance.now()");
        println!("{name}: {size} bytes, shown after {took} ms");
        let told = browser.run("return shownDump().groups.length").as_u64().unwrap();
        assert!(told >= groups, "{name}: {told} groups");
        let all = "return shownDump().groups.every((group) => group.members.length > 0)";
        assert_eq!(browser.run(all), json!(true), "every group has goroutines that are told");
        browser.screenshot(name);
        assert_quiet(browser);
    }
}
