//! An [`App`] over a temporary store, for this crate's tests.

use std::sync::Arc;

use postrider_connector::Registry;
use postrider_connector::testkit::FakeTransport;
use postrider_domain::id::{SessionId, UserId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_store::Store;
use postrider_store::repo::members;

use crate::accounts::people::{self, NewPerson};
use crate::accounts::sessions::Origin;
use crate::accounts::workspaces::{self, NewWorkspace};
use crate::{App, Caller, Settings, Via};

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// An app without platforms and without a network.
pub(crate) fn app(store: &Store) -> App {
    App {
        store: store.clone(),
        registry: Registry::default(),
        transport: Arc::new(FakeTransport::default()),
        media: None,
        settings: Arc::new(Settings { public_url: "http://127.0.0.1:8080".to_owned(), version: "0.0.0" }),
    }
}

/// An app whose instance exists, as after the first start.
pub(crate) async fn started(store: &Store) -> App {
    postrider_store::repo::instance::ensure(store).await.expect("an instance");
    app(store)
}

/// Where requests of tests come from.
pub(crate) fn origin() -> Origin {
    Origin { address: "192.0.2.7".to_owned(), agent: "test".to_owned() }
}

/// A person with [`PASSWORD`].
pub(crate) async fn person(app: &App, email: &str, operator: bool) -> Caller {
    let new = NewPerson {
        email: email.to_owned(),
        name: email.split('@').next().unwrap_or(email).to_owned(),
        password: Secret::new(PASSWORD),
        operator,
    };
    let user = people::create(app, &new).await.expect("a person");
    as_session(user.id)
}

/// Somebody in a browser; the session need not exist where it is not looked up.
pub(crate) fn as_session(user: UserId) -> Caller {
    let via = Via::Session(SessionId::from_uuid(uuid::Uuid::from_u128(1)));
    Caller { user, via, address: "192.0.2.7".to_owned() }
}

/// A workspace of the caller in Berlin.
pub(crate) async fn workspace(app: &App, owner: &Caller) -> WorkspaceId {
    let new = NewWorkspace { name: "Team".to_owned(), zone: "Europe/Berlin".to_owned() };
    workspaces::create(app, owner, &new, None).await.expect("a workspace").id
}

/// A further member.
pub(crate) async fn member(app: &App, workspace: WorkspaceId, email: &str, role: Role) -> Caller {
    let caller = person(app, email, false).await;
    let mut tx = app.store.write().await.expect("a transaction");
    members::add(&mut tx, workspace, caller.user, role).await.expect("joins");
    tx.commit().await.expect("commits");
    caller
}
