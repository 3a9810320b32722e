//! What the screen that connects channels offers in a demonstration, so that nobody has to type
//! an address or a password from the terminal.

use std::collections::BTreeMap;

use postrider_app::Simulated;
use postrider_sandbox::Running;
use postrider_sandbox::seed::{Person, demo_accounts};

use super::seed::{BY_APP, BY_CONSENT, BY_PASSWORD};
use crate::assemble::local_url;

/// The person whose account the first workspace has not connected yet.
const NEWCOMER: &str = "mei.sandbox.test";

/// The programs of the simulated servers, and what people call them.
const PROGRAMS: [(&str, &str); 6] = [
    ("mastodon", "Mastodon"),
    ("pixelfed", "Pixelfed"),
    ("gotosocial", "GoToSocial"),
    ("friendica", "Friendica"),
    ("takahe", "Takahē"),
    ("pleroma", "Pleroma"),
];

/// Everything that can be connected without leaving the demonstration.
pub(super) fn offers(running: &Running) -> Vec<Simulated> {
    let accounts = demo_accounts();
    let newcomer = accounts.iter().find(|person| person.handle == NEWCOMER);
    let newcomer = newcomer.map(|person| account(person, &local_url(running.addr)));
    let by_app = BY_APP.iter().map(|app| offer(app.platform, app.name, &[]));
    newcomer.into_iter().chain(servers(running)).chain(by_app).collect()
}

fn account(person: &Person, networks: &str) -> Simulated {
    let fields = [("host", networks), ("identifier", &person.handle), ("password", &person.password)];
    offer(BY_PASSWORD, &person.display_name, &fields)
}

fn servers(running: &Running) -> impl Iterator<Item = Simulated> {
    let found = |(program, name)| Some((name, running.instance(program)?));
    PROGRAMS.into_iter().filter_map(found).map(|(name, origin)| offer(BY_CONSENT, name, &[("server", &origin)]))
}

fn offer(platform: &str, name: &str, fields: &[(&str, &str)]) -> Simulated {
    let fields: BTreeMap<_, _> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Simulated { platform: platform.to_owned(), name: name.to_owned(), fields }
}
