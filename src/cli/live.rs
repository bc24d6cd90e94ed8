//! Processes as inputs: how they are asked, and what the user hears of it.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use super::connect::Live;
use super::note;
use crate::error::{Error, Result};
use crate::live::cost::Cost;
use crate::live::take::{self, Event, Policy};
use crate::model::Dump;
use crate::parse;
use crate::render::words::counted;
use crate::source;
use crate::source::http::{Address, Client, Settings, Stop};

/// Reads the process at `address`: the profile that it names, or what [`take`] chooses.
pub(super) fn read(address: &Address, live: &Live, visit: &mut dyn FnMut(Dump)) -> Result<()> {
    let client = client(live)?;
    if address.names_a_profile() {
        return read_profile(&client, address, live, visit);
    }
    let policy = policy(live);
    let taken = take::take(&client, address, policy, &live.limits, &mut |event| tell(event, live))?;
    let picture = taken.into_picture(&live.limits);
    visit(picture.dump);
    picture.failures.into_iter().next().map_or(Ok(()), |error| Err(shown_without(error)))
}

/// The error that debug=2 is missing or not whole, when what came is shown.
fn shown_without(error: Error) -> Error {
    match error {
        Error::Fetch { url, what, .. } => {
            let remedy = "what came is shown, with what debug=0 tells; ask again for the rest";
            Error::Fetch { url, what, remedy: remedy.to_owned() }
        }
        other => other,
    }
}

/// What went wrong, in one line and without what to do.
pub(super) fn what(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Reads the profile at `address` while it comes. If the connection breaks, what came is read.
fn read_profile(
    client: &Client,
    address: &Address,
    live: &Live,
    visit: &mut dyn FnMut(Dump),
) -> Result<()> {
    let answer = client.get(address)?;
    let name = answer.address.to_string();
    let broken = answer.broken();
    let mut count = 0;
    let opened = source::open_answer(&name, answer, &live.limits, &mut |member, stream| {
        let dumps = parse::parse(stream, member.name, &parse::Options::from(&live.limits))?;
        for dump in parse::require_read(dumps, member.name)? {
            count += 1;
            visit(dump);
        }
        Ok(())
    });
    let Some(broken) = broken.get() else { return opened.map(drop) };
    let remedy = if count > 0 {
        "what came is shown; ask again for the rest"
    } else {
        "nothing of it can be used; ask again"
    };
    Err(Error::Fetch { url: name, what: broken.clone(), remedy: remedy.to_owned() })
}

/// A client as the options say.
pub(super) fn client(live: &Live) -> Result<Client> {
    let options = &live.connect;
    let mut settings = Settings::default();
    settings.cacert.clone_from(&options.cacert);
    settings.insecure = options.insecure;
    settings.timeout = options.timeout.unwrap_or(Settings::TIMEOUT);
    options.header.iter().try_for_each(|header| settings.header(&header.0))?;
    options.user.iter().try_for_each(|user| settings.user(&user.0))?;
    if let Some(path) = &options.netrc {
        let named = Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty());
        settings.netrc(&named.or_else(netrc).ok_or_else(|| {
            Error::Usage("--netrc: neither NETRC nor HOME is set; give --netrc=FILE".to_owned())
        })?)?;
    }
    if options.insecure {
        note(
            "--insecure: the server's certificate is not checked; what it says may come from anyone",
        );
    }
    Client::new(settings)
}

fn netrc() -> Option<PathBuf> {
    let home = || env::home_dir().map(|home| home.join(".netrc"));
    env::var_os("NETRC").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(home)
}

/// The URL of a process as it was typed; what is wrong with it is said without showing it.
pub(super) fn address(text: &str) -> Result<Address> {
    if Address::is_url(text) {
        return Address::parse(text).map_err(|error| Error::Usage(format!("the URL: {error}")));
    }
    let hint = if text.contains('@') { "HOST:PORT" } else { text };
    Err(Error::Usage(format!("this is no URL of a process\n  write it as http://{hint}")))
}

/// The process without a profile's path.
pub(super) fn process(address: &Address) -> String {
    let text = address.to_string();
    let end = text.find("/debug/pprof").or_else(|| text.find('?')).unwrap_or(text.len());
    text.get(..end).unwrap_or(&text).trim_end_matches(['/', ':']).to_owned()
}

/// What Ctrl-C stops, and SIGTERM.
pub(super) fn stop_on_ctrl_c() -> Result<Stop> {
    let stop = Stop::default();
    let other = stop.clone();
    ctrlc::set_handler(move || other.stop())
        .map_err(|error| Error::Usage(format!("Ctrl-C cannot be waited for: {error}")))?;
    Ok(stop)
}

/// How much is taken, as the options say.
pub(super) fn policy(live: &Live) -> Policy {
    Policy {
        most: (!live.ask.full).then_some(live.ask.full_below),
        leaks: false,
        strict_timeout: live.connect.timeout.is_some(),
    }
}

/// A pause that nobody notices is not worth a word.
const NOTICED: Duration = Duration::from_millis(500);

/// Says what happens to the process.
pub(super) fn tell(event: Event, live: &Live) {
    if live.quiet {
        return;
    }
    match event {
        Event::Stops { goroutines, cost } if cost.total >= NOTICED => note(&format!(
            "{}: the process will stand still for about {}",
            counted(goroutines, "goroutine"),
            words(cost)
        )),
        Event::Stops { .. } => {}
        Event::Spared { goroutines, cost } => note(&format!(
            "{}: debug=2 would stop the process for about {}, so this is debug=0, without ids, \
             ages and creators; --full takes it, --full-below N sets the limit",
            counted(goroutines, "goroutine"),
            words(cost)
        )),
        Event::Collects => note("goroutineleak makes the process run a garbage collection"),
    }
}

pub(super) fn words(cost: Cost) -> String {
    format!("{} ({} at a time)", time(cost.total), time(cost.pause))
}

/// A time in a unit that fits: `40 ms`, `2.6 s`, `96 s`, `4 min`.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s < 0.001 => "1 ms".to_owned(),
        s if s < 0.9995 => format!("{:.0} ms", s * 1000.0),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 119.5 => format!("{s:.0} s"),
        s => format!("{:.0} min", s / 60.0),
    }
}
