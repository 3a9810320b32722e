//! Consenting on a simulated network's page, as the person and the driver do it.

use postrider_connector::auth::AuthCx;
use postrider_connector::auth::ConnectError;
use postrider_connector::auth::oauth::{Ask, Client as App, Driver, Identity, OAuth, Server, Tokens};
use postrider_connector::client::Client;
use postrider_connector::http::Method;
use postrider_connector::{Cx, Request, Transport as _};
use postrider_domain::secret::Secret;

/// Fills in the form of the page, exchanges the code, and asks what was granted and whose it is.
pub(crate) async fn consent(
    client: &Client,
    oauth: &dyn OAuth,
    (server, app, redirect): (&Server, &App, &str),
    form: &str,
) -> Result<(Identity, Tokens, Vec<String>), ConnectError> {
    let (state, verifier) = (Secret::new("st4te-0123456789abcdef"), Secret::new("v".repeat(64)));
    let ask = Ask { client_id: &app.id, redirect_uri: redirect, state: &state, verifier: &verifier };
    let mut consent = Request::new(Method::Post, server.authorize_url(&ask)?);
    consent = consent.header("content-type", "application/x-www-form-urlencoded");
    consent.body = form.as_bytes().to_vec();
    let answer = client.exchange(&consent, None).await.expect("a page");
    let back = url::Url::parse(answer.header("location").expect("sent back")).expect("an address");
    let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let driver = Driver { transport: client, server, client: app };
    let tokens = driver.exchange(&code, &verifier, redirect).await?;
    let credentials = tokens.credentials();
    let cx = || AuthCx(Cx::reading(client, &credentials));
    let granted = oauth.granted(&cx(), server, &tokens).await?;
    let identity = oauth.identify(&cx(), server, &tokens).await?;
    Ok((identity, tokens, granted))
}
