//! The people of the demonstration.

/// A simulated person who can be logged in with an app password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The atproto handle, for example `ada.sandbox.test`.
    pub handle: String,
    /// The name shown above the posts; may be empty.
    pub display_name: String,
    /// The app password; it opens nothing outside this sandbox.
    pub password: String,
}

impl Person {
    /// A person from three texts.
    pub fn new(handle: &str, display_name: &str, password: &str) -> Self {
        Self { handle: handle.to_owned(), display_name: display_name.to_owned(), password: password.to_owned() }
    }
}

/// Who lives on each simulated instance of the fediverse, and on Threads: user name and name.
pub const RESIDENTS: [(&str, &str); 3] =
    [("ada", "Ada Okonkwo"), ("tomas", "Tomás Ferreira"), ("bakery", "Harbour Bakery")];

/// The platform app that the simulated Threads knows from the beginning. It leads nowhere until
/// [`crate::Sandbox::allow_threads_redirect`] or `POST /_threads/apps` names an address.
pub const THREADS_APP_ID: &str = "2611420260726001";
/// Its secret; it opens nothing outside this sandbox.
pub const THREADS_APP_SECRET: &str = "5f0d9c41b7a24e8c93d6e1f20a7b84c5";

/// The platform app that the simulated Instagram knows from the beginning, for Instagram Login. It leads nowhere until
/// [`crate::Sandbox::allow_instagram_redirect`] or `POST /_instagram/apps` names an address.
pub const INSTAGRAM_APP_ID: &str = "1784140520260729";
/// Its secret; it opens nothing outside this sandbox.
pub const INSTAGRAM_APP_SECRET: &str = "8e41d7b30c9f4a52b6e8f13a70d25c94";

/// Who is on the simulated Instagram: id, user name, name and kind of account. The ids are those that the Pages of the
/// simulated Facebook are linked to.
pub const INSTAGRAM_ACCOUNTS: [(u64, &str, &str, &str); 6] = [
    (17_841_405_000_000_001, "harbourbakery", "Harbour Bakery", "BUSINESS"),
    (17_841_405_000_000_002, "quaystreetmarket", "Quay Street Market", "BUSINESS"),
    (17_841_405_000_000_003, "okonkwophoto", "Okonkwo Photography", "MEDIA_CREATOR"),
    (17_841_405_000_000_004, "lighthousecafe", "Lighthouse Café", "BUSINESS"),
    (17_841_405_000_000_005, "ferreiraceramics", "Ferreira Ceramics", "BUSINESS"),
    (17_841_405_000_000_006, "ada", "Ada Okonkwo", "PERSONAL"),
];

/// The platform app that the simulated Facebook knows from the beginning. It leads nowhere until
/// [`crate::Sandbox::allow_facebook_redirect`] or `POST /_facebook/apps` names an address.
pub const FACEBOOK_APP_ID: &str = "1048576020260729";
/// Its secret; it opens nothing outside this sandbox.
pub const FACEBOOK_APP_SECRET: &str = "c2b7e1904d5f4a6e8b13d07a95f6e248";

/// People of the simulated Facebook: user name and name. Mei has no Page at all.
pub const FACEBOOK_PEOPLE: [(&str, &str); 3] =
    [("ada", "Ada Okonkwo"), ("tomas", "Tomás Ferreira"), ("mei", "Mei Lindqvist")];

/// Business portfolios there: name, and the user name of who is in it.
pub const FACEBOOK_BUSINESSES: [(&str, &str); 1] = [("Okonkwo Media", "ada")];

/// How a person comes to a Page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAccess {
    /// By a role with all tasks.
    Runs,
    /// By a role without `CREATE_CONTENT`.
    ReadOnly,
    /// Only through the portfolio that owns it.
    OwnedPage,
    /// Only through a portfolio that works for it.
    ClientPage,
}

/// A Page of the demonstration.
#[derive(Clone, Copy, Debug)]
pub struct FacebookPage {
    /// Its id, the same everywhere.
    pub id: u64,
    /// Its user name, which is its name in the ledger.
    pub username: &'static str,
    /// The name above its posts.
    pub name: &'static str,
    /// Whose it is.
    pub person: &'static str,
    /// How that person comes to it.
    pub access: PageAccess,
    /// The id of the account of Instagram that is linked to it.
    pub instagram: Option<&'static str>,
}

const fn page(
    id: u64,
    username: &'static str,
    name: &'static str,
    person: &'static str,
    access: PageAccess,
    instagram: Option<&'static str>,
) -> FacebookPage {
    FacebookPage { id: 104_857_600_000_000 + id, username, name, person, access, instagram }
}

/// The Pages of the simulated Facebook.
pub const FACEBOOK_PAGES: [FacebookPage; 8] = [
    page(1, "harbourbakery", "Harbour Bakery", "ada", PageAccess::Runs, Some("17841405000000001")),
    page(2, "quaystreetmarket", "Quay Street Market", "ada", PageAccess::Runs, Some("17841405000000002")),
    page(3, "okonkwophoto", "Okonkwo Photography", "ada", PageAccess::Runs, Some("17841405000000003")),
    page(4, "galwaytowncouncil", "Galway Town Council", "ada", PageAccess::ReadOnly, None),
    page(5, "lighthousecafe", "Lighthouse Café", "ada", PageAccess::OwnedPage, Some("17841405000000004")),
    page(6, "aranferries", "Aran Ferries", "ada", PageAccess::ClientPage, None),
    page(7, "ferreiraceramics", "Ferreira Ceramics", "tomas", PageAccess::Runs, Some("17841405000000005")),
    page(8, "tilesoflisbon", "Tiles of Lisbon", "tomas", PageAccess::Runs, None),
];

/// The accounts that `demo` makes and prints. The passwords have the shape of
/// Bluesky's app passwords and are fixed, so that a demonstration can be repeated.
pub fn demo_accounts() -> Vec<Person> {
    vec![
        Person::new("ada.sandbox.test", "Ada Okonkwo", "q3fz-2mna-wd7k-ehx5"),
        Person::new("tomas.sandbox.test", "Tomás Ferreira", "b6yt-r4pc-kz2v-naj7"),
        Person::new("mei.sandbox.test", "Mei Lindqvist", "hw5d-x7ue-3gqs-m2rb"),
        Person::new("harbour-bakery.sandbox.test", "Harbour Bakery", "zk4a-p6vn-y2tc-d7fq"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bluesky::syntax;

    #[test]
    fn people_are_valid_and_distinct() {
        let people = demo_accounts();
        for person in &people {
            assert!(syntax::handle(&person.handle), "{}", person.handle);
            assert_eq!(person.password.len(), 19);
        }
        let mut handles: Vec<_> = people.iter().map(|p| &p.handle).collect();
        handles.sort();
        handles.dedup();
        assert_eq!(handles.len(), people.len());
    }
}
