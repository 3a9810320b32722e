//! A connected account, driven by hand as the engine would drive it.

use postrider_connector::auth::{Auth, AuthCx, ConnectError, ConnectFields, Connected, Refreshed};
use postrider_connector::client::Client;
use postrider_connector::cx::Gate;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{
    Account, Connector, ConnectorError, Credentials, Cx, Lookup, MachineState, Outcome, PartInput, PlanCx, Receipt,
    Request, Subject,
};
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::secret::Secret;
use serde_json::Value;

/// A gate that is always open.
pub(crate) struct Open;

#[async_trait::async_trait]
impl Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

/// A connected account.
pub(crate) struct Channel<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ticks: &'a Ticks,
    pub(crate) connector: &'a dyn Connector,
    pub(crate) account: Account,
    pub(crate) credentials: Credentials,
    /// Files that its posts may name; the client must read the same.
    pub(crate) files: Files,
}

impl<'a> Channel<'a> {
    /// Connects with the fields of a form.
    pub(crate) async fn connect(
        (client, ticks): (&'a Client, &'a Ticks),
        connector: &'a dyn Connector,
        pairs: &[(&str, &str)],
    ) -> Result<Self, ConnectError> {
        let none = Credentials::default();
        let cx = AuthCx(Cx::reading(client, &none));
        let fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
        let fields = ConnectFields(fields);
        let connected: Connected = match connector.auth() {
            Auth::Session(auth) => auth.log_in(&cx, &fields).await?,
            Auth::Fixed(auth) => auth.verify(&cx, &fields).await?,
            Auth::OAuth(_) => panic!("consent is given in a browser"),
        };
        let remote = connected.accounts.into_iter().next().expect("an account");
        let account =
            Account { host: connected.host, remote_id: remote.remote_id, handle: remote.handle, facts: remote.facts };
        Ok(Self { client, ticks, connector, account, credentials: connected.credentials, files: Files::default() })
    }

    pub(crate) fn begin(&self, part: &PartInput) -> MachineState {
        let ticks = self.ticks;
        let mut plan = PlanCx::new(ticks.now(), ticks);
        self.connector.begin(&mut plan, &self.account, part).expect("begun")
    }

    pub(crate) async fn step(&self, part: &PartInput, state: &MachineState) -> Result<Outcome, ConnectorError> {
        let effect = self.connector.effect(&self.account, part, state).expect("an effect");
        let cx = match effect.sends() {
            Some(digest) => Cx::sending(self.client, &self.credentials, &Open, digest),
            None => Cx::reading(self.client, &self.credentials),
        };
        self.connector.step(&cx, &self.account, part, state).await
    }

    pub(crate) async fn ask(&self, part: &PartInput, state: &MachineState) -> Lookup {
        let cx = Cx::reading(self.client, &self.credentials);
        self.connector.reconcile(&cx, &self.account, part, state).await.expect("an answer")
    }

    /// Goes on from a state until the part is out.
    pub(crate) async fn finish(&self, part: &PartInput, mut state: MachineState) -> Receipt {
        loop {
            match self.step(part, &state).await.expect("a step") {
                Outcome::Done(receipt) => return receipt,
                Outcome::Next(next) | Outcome::Wait { state: next, .. } => state = next,
            }
        }
    }

    pub(crate) async fn publish(&self, variant: &Variant) -> Vec<Receipt> {
        let subject = Subject { variant, account: &self.account, shelf: &self.files.shelf() };
        assert_eq!(self.connector.check(&subject), []);
        let mut receipts = Vec::new();
        for index in 0..variant.parts.len() {
            let part = part_input(&self.files, variant, index, &receipts);
            let begun = self.begin(&part);
            receipts.push(self.finish(&part, begun).await);
        }
        receipts
    }

    pub(crate) async fn refresh(&mut self) -> Result<(), ConnectorError> {
        let Auth::Session(auth) = self.connector.auth() else { panic!("no session") };
        let cx = AuthCx(Cx::reading(self.client, &self.credentials));
        let Refreshed { credentials, .. } = auth.refresh(&cx, &self.account.host).await?;
        self.credentials.merge(credentials);
        Ok(())
    }
}

/// A variant with these texts and settings.
pub(crate) fn variant(texts: &[&str], settings: &Value) -> Variant {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    Variant { parts: texts.iter().map(part).collect(), settings: settings.as_object().cloned().unwrap_or_default() }
}
