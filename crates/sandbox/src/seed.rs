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
