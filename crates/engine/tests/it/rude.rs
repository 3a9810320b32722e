//! A platform whose answers no document promises, and a connector that panics wherever it is told to.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::descriptor::*;
use postrider_connector::*;
use serde::Deserialize;
use serde_json::json;

use crate::fake::{Fake, IDEMPOTENT, Net};

pub(crate) static RUDE: Descriptor = Descriptor { id: "fake_rude", ..IDEMPOTENT };

/// Answers the first request with each of these texts by what the text names, and everything else as [`Net`] does.
pub(crate) struct RudeNet {
    pub(crate) net: Arc<Net>,
    answered: Mutex<HashSet<String>>,
}

/// Bodies that no document promises, by name.
pub(crate) const BODIES: [&str; 6] = ["page", "nothing", "huge", "binary", "zeros", "half"];

/// Where the connector panics, by the text that makes it.
pub(crate) const PANICS: [&str; 3] =
    ["panics when it begins", "panics when asked for its effect", "panics before it sends"];

fn body(name: &str) -> Option<Vec<u8>> {
    Some(match name {
        "page" => b"<!doctype html><title>502 Bad Gateway</title>".to_vec(),
        "nothing" => Vec::new(),
        "huge" => format!("{{\"error\":\"{}\"}}", "y".repeat(10 * 1024 * 1024)).into_bytes(),
        "binary" => vec![0xff, 0xfe, 0x80, 0xc3, 0x28, 0xed, 0xa0, 0x80],
        "zeros" => b"{\"error\":\"\\u0000\"}\0\0\0".to_vec(),
        "half" => b"{\"ok\":tr".to_vec(),
        _ => return None,
    })
}

impl RudeNet {
    pub(crate) fn new(net: Arc<Net>) -> Self {
        Self { net, answered: Mutex::default() }
    }

    /// The rude answer to a text, the first time.
    fn first(&self, request: &Request) -> Option<Vec<u8>> {
        let sent: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
        let text = sent["text"].as_str()?.to_owned();
        let answer = body(&text)?;
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).insert(text).then_some(answer)
    }
}

#[async_trait]
impl Transport for RudeNet {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        if let Some(body) = self.first(request) {
            return Ok(Response { status: 200, headers: Default::default(), body });
        }
        let answer = self.net.exchange(request, authorization).await?;
        Ok(Response { body: br#"{"ok":true}"#.to_vec(), ..answer })
    }
}

/// What the network says when it took something.
#[derive(Deserialize)]
struct Taken {
    ok: bool,
}

/// Believes that a post is out only when the answer says so; panics where the text says.
pub(crate) struct Rude;

static FAKE: Fake = Fake(&IDEMPOTENT);

impl Rude {
    fn request(part: &PartInput, state: &MachineState) -> Request {
        let body = json!({ "key": state.0["key"], "text": part.text });
        Request::post_json("https://fake.example/idempotent", &body).bearer("access")
    }
}

#[async_trait]
impl Connector for Rude {
    fn descriptor(&self) -> &'static Descriptor {
        &RUDE
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Session(&FAKE)
    }

    fn begin(&self, plan: &mut PlanCx<'_>, _: &Account, part: &PartInput) -> Result<MachineState, ConnectorError> {
        assert_ne!(part.text, PANICS[0], "a planted panic");
        let key: [u8; 8] = postrider_domain::source::bytes(plan.entropy);
        Ok(MachineState(json!({ "key": format!("{:016x}", u64::from_be_bytes(key)) })))
    }

    fn effect(&self, _: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        assert_ne!(part.text, PANICS[1], "a planted panic");
        let sends = Self::request(part, state).sends();
        Ok(Effect::Idempotent { key: state.0["key"].to_string(), honoured_for: None, sends })
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        _: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        assert_ne!(part.text, PANICS[2], "a planted panic");
        let sent = cx.send(&Self::request(part, state)).await;
        let response = sent.map_err(|error| error.while_publishing("sending", true))?;
        if response.json().is_ok_and(|taken: Taken| taken.ok) {
            let key = state.0["key"].as_str().unwrap_or_default().to_owned();
            return Ok(Outcome::Done(Receipt { remote_id: key, url: None, extra: json!({}) }));
        }
        let said = cx.words(&String::from_utf8_lossy(&response.body));
        let error = ConnectorError::new(Failure::Transient, "an answer that nobody understands");
        Err(error.said(response.status, Some(&said), Some(&said)))
    }

    async fn reconcile(
        &self,
        _: &Cx<'_>,
        _: &Account,
        _: &PartInput,
        _: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        Ok(Lookup::Absent)
    }

    fn receipt_from_link(&self, _: &Account, _: &str) -> Option<Receipt> {
        None
    }
}
