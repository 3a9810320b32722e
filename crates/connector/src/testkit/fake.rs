//! A transport without a network.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::http::{Request, Response, Transport, TransportError};

/// The other side, in memory: what a platform does with a request.
pub trait Platform: Send {
    /// Takes a request in and answers it.
    fn answer(&mut self, request: &Request) -> Response;

    /// What the public can see, one entry for each copy, named so that two copies of
    /// one part have equal names.
    fn visible(&self) -> Vec<String>;
}

/// An answer with a JSON or text body.
pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    Response { status, headers: BTreeMap::new(), body: body.into() }
}

/// An answer with headers.
pub fn answer_with(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.into() }
}

/// Reads an answer from `.http` text: status line, headers, blank line, body.
pub fn fixture(text: &str) -> Response {
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let header = |line: &str| {
        let (name, value) = line.split_once(':').expect("a fixture's header has a colon");
        (name.trim().to_ascii_lowercase(), value.trim().to_owned())
    };
    Response {
        status: status.expect("a fixture starts with a status line"),
        headers: lines.map(header).collect(),
        body: body.trim_end().as_bytes().to_vec(),
    }
}

/// What happens to the next call.
enum Script {
    /// This comes back, and the platform hears nothing.
    Instead(Result<Response, TransportError>),
}

#[derive(Default)]
struct Inner {
    platform: Option<Box<dyn Platform>>,
    always: Option<Result<Response, TransportError>>,
    script: VecDeque<Script>,
    /// From now on the platform hears everything and its answers are lost.
    deaf: bool,
    requests: Vec<Request>,
    authorizations: Vec<Option<String>>,
}

/// Records what is sent, and answers from a script or an in-memory platform.
#[derive(Default)]
pub struct FakeTransport(Mutex<Inner>);

impl FakeTransport {
    /// A network on which every call gets this answer.
    pub fn always(response: Response) -> Self {
        Self::failing(Ok(response))
    }

    /// A network on which every call comes to this.
    pub fn failing(result: Result<Response, TransportError>) -> Self {
        Self(Mutex::new(Inner { always: Some(result), ..Inner::default() }))
    }

    /// A network on which a platform answers.
    pub fn serving(platform: Box<dyn Platform>) -> Self {
        Self(Mutex::new(Inner { platform: Some(platform), ..Inner::default() }))
    }

    /// The next call that is not spoken for comes to this, and the platform hears nothing of it.
    pub fn next(&self, result: Result<Response, TransportError>) {
        self.lock().script.push_back(Script::Instead(result));
    }

    /// Whether the platform's answers are lost on their way back.
    pub fn lose_answers(&self, lose: bool) {
        self.lock().deaf = lose;
    }

    /// Every request so far, as it was sent.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// The `Authorization` of every request so far.
    pub fn authorizations(&self) -> Vec<Option<String>> {
        self.lock().authorizations.clone()
    }

    /// What the platform shows the public.
    pub fn visible(&self) -> Vec<String> {
        self.lock().platform.as_ref().map(|platform| platform.visible()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for FakeTransport {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        let mut inner = self.lock();
        inner.requests.push(request.clone());
        inner.authorizations.push(authorization.map(str::to_owned));
        if let Some(Script::Instead(result)) = inner.script.pop_front() {
            return result;
        }
        if let Some(result) = &inner.always {
            return result.clone();
        }
        let deaf = inner.deaf;
        match &mut inner.platform {
            None => Err(TransportError::Invalid(format!("nothing is scripted for {}", request.url))),
            Some(platform) => {
                let response = platform.answer(request);
                if deaf { Err(TransportError::NoAnswer("the answer was lost".to_owned())) } else { Ok(response) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo(Vec<String>);

    impl Platform for Echo {
        fn answer(&mut self, request: &Request) -> Response {
            self.0.push(request.url.clone());
            answer(200, request.url.clone())
        }

        fn visible(&self) -> Vec<String> {
            self.0.clone()
        }
    }

    #[tokio::test]
    async fn a_script_goes_before_the_platform_and_lost_answers_still_arrive_there() {
        let network = FakeTransport::serving(Box::new(Echo(Vec::new())));
        network.next(Err(TransportError::NotConnected("scripted".into())));
        let call = |url: &'static str| {
            let network = &network;
            async move { network.exchange(&Request::get(url), None).await }
        };
        assert!(call("first").await.is_err());
        assert_eq!(call("second").await.expect("the platform answers").body, b"second");
        network.lose_answers(true);
        assert!(matches!(call("third").await, Err(TransportError::NoAnswer(_))));
        assert_eq!(network.visible(), ["second", "third"]);
        assert_eq!(network.requests().len(), 3);
    }

    #[test]
    fn a_fixture_is_an_answer() {
        let text = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n{\"error\":\"x\"}\n";
        let expected = answer_with(429, &[("retry-after", "7")], r#"{"error":"x"}"#);
        assert_eq!(fixture(text), expected);
    }
}
