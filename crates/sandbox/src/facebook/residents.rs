//! The people, Pages and portfolios that the demonstration finds.

use std::collections::BTreeMap;

use super::model::{Business, Network, Page, Person, Role};
use super::settings::Settings;
use crate::graph::apps::{App, Apps};
use crate::graph::grants::Grants;
use crate::seed;

/// The first ids of people and portfolios; like those of Pages they are the same everywhere.
const FIRST_PERSON: u64 = 10_160_000_000_000_001;
const FIRST_BUSINESS: u64 = 210_485_760_000_001;

/// What somebody who runs a Page may do there, and what somebody who only looks after its numbers may.
const ALL: [&str; 6] = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE"];
const FEW: [&str; 2] = ["ADVERTISE", "ANALYZE"];

impl Default for Network {
    fn default() -> Self {
        let mut network = Self {
            settings: Settings::default(),
            last_id: 0,
            apps: Apps::default(),
            people: BTreeMap::new(),
            pages: BTreeMap::new(),
            businesses: BTreeMap::new(),
            grants: Grants::default(),
            consents: BTreeMap::new(),
            page_tokens: BTreeMap::new(),
            photos: BTreeMap::new(),
            videos: BTreeMap::new(),
            sessions: BTreeMap::new(),
            posts: BTreeMap::new(),
            comments: BTreeMap::new(),
        };
        network.apps.put(app());
        for (number, (username, name)) in seed::FACEBOOK_PEOPLE.into_iter().enumerate() {
            network.people.insert(username.to_owned(), person(FIRST_PERSON + number as u64, username, name));
        }
        for (number, (name, member)) in seed::FACEBOOK_BUSINESSES.into_iter().enumerate() {
            let id = FIRST_BUSINESS + number as u64;
            network.businesses.insert(id, Business { id, name: name.to_owned(), people: vec![member.to_owned()] });
        }
        for seed in seed::FACEBOOK_PAGES {
            network.pages.insert(seed.id, page(&seed));
        }
        network
    }
}

fn app() -> App {
    App {
        id: seed::FACEBOOK_APP_ID.to_owned(),
        secret: seed::FACEBOOK_APP_SECRET.to_owned(),
        name: "Postrider".to_owned(),
        redirect_uris: Vec::new(),
        deauthorize_url: None,
        data_deletion_url: None,
    }
}

/// A person who never changed a password.
pub(crate) fn person(id: u64, username: &str, name: &str) -> Person {
    Person { id, username: username.to_owned(), name: name.to_owned(), password_changed_at: None }
}

fn page(seed: &seed::FacebookPage) -> Page {
    use seed::PageAccess::{ClientPage, OwnedPage, ReadOnly, Runs};
    let tasks: &[&str] = if seed.access == ReadOnly { &FEW } else { &ALL };
    let tasks = tasks.iter().map(|task| (*task).to_owned()).collect();
    let role = Role { tasks, listed: matches!(seed.access, Runs | ReadOnly) };
    Page {
        roles: BTreeMap::from([(seed.person.to_owned(), role)]),
        owner: (seed.access == OwnedPage).then_some(FIRST_BUSINESS),
        clients: if seed.access == ClientPage { vec![FIRST_BUSINESS] } else { Vec::new() },
        ..bare(seed.id, seed.username, seed.name, seed.instagram)
    }
}

/// A Page that nobody runs.
pub(crate) fn bare(id: u64, username: &str, name: &str, instagram: Option<&str>) -> Page {
    Page {
        id,
        username: username.to_owned(),
        name: name.to_owned(),
        category: "Local business".to_owned(),
        instagram: instagram.map(str::to_owned),
        roles: BTreeMap::new(),
        owner: None,
        clients: Vec::new(),
        reels: Vec::new(),
        subscribed: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_who_is_named_is_there_and_names_are_used_once() {
        let network = Network::default();
        assert_eq!(network.pages.len(), seed::FACEBOOK_PAGES.len());
        let mut names: Vec<_> = network.pages.values().map(|page| page.username.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), network.pages.len());
        for page in network.pages.values() {
            assert!(page.roles.keys().all(|name| network.people.contains_key(name)), "{page:?}");
            assert!(page.owner.iter().chain(&page.clients).all(|id| network.businesses.contains_key(id)), "{page:?}");
        }
        assert!(
            network
                .businesses
                .values()
                .flat_map(|business| &business.people)
                .all(|who| network.people.contains_key(who))
        );
    }

    #[test]
    fn ada_has_three_pages_with_instagram_and_one_of_every_other_sort() {
        let network = Network::default();
        let hers = |page: &&Page| page.roles.contains_key("ada");
        let of = |fits: fn(&Page) -> bool| network.pages.values().filter(hers).filter(|page| fits(page)).count();
        assert_eq!(of(|page| page.instagram.is_some() && page.roles["ada"].listed), 3);
        assert_eq!(of(|page| !page.roles["ada"].tasks.contains(&"CREATE_CONTENT".to_owned())), 1);
        assert_eq!((of(|page| page.owner.is_some()), of(|page| !page.clients.is_empty())), (1, 1));
    }
}
