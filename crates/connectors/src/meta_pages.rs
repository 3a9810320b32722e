//! Facebook Login, as the networks of Meta use it: the dialog, its tokens, and the Pages that a person may post to.
//!
//! The person's own token is used while connecting and not kept: each Page has one that does not expire when it was
//! taken with a long-lived token (specs of 2026-11-23).

use postrider_connector::auth::oauth::{Between, Exchange, LongLived, Proof, Server, Trade};
use postrider_connector::auth::{AuthCx, ConnectError};
use postrider_connector::descriptor::ScopeReason;
use postrider_connector::http::Method;
use postrider_connector::matching::Reach;
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::meta::{Api, SignedRequests, ask};
use crate::meta_list::{Depth, Pages, Rows};

/// Where the API is (developers.facebook.com, "Graph API: overview", read 2026-11-23).
pub(crate) const ORIGIN: &str = "https://graph.facebook.com";

/// The version of 2026-07-29; the platform has not said when it ends (changelog, read 2026-11-23).
pub(crate) const VERSION: &str = "v26.0";

/// How people are told of who withdrew. One Meta app serves every network that is connected by this log-in, and tells at
/// one address alone.
pub(crate) const NOTICES: SignedRequests = SignedRequests { login: Some("facebook_login") };

/// The permission that shows Pages of business portfolios.
const PORTFOLIOS: &str = "business_management";

/// Two thousand Pages.
const PAGES: Depth = Depth { rows: 100, pages: 20 };

/// Finding out who it is and which accounts there are.
const STEP: &str = "identify";

/// The server of Facebook Login (developers.facebook.com, "Build a login flow" and "Get long-lived tokens", read
/// 2026-11-23).
pub(crate) fn server(api: &Api, scopes: &[ScopeReason]) -> Server {
    let token = format!("{}/{}/oauth/access_token", api.origin, api.version);
    Server {
        host: api.origin.clone(),
        authorize: format!("{}/{}/dialog/oauth", api.dialog(), api.version),
        scopes: scopes.iter().map(|scope| scope.scope.to_owned()).collect(),
        between_scopes: Between::Comma,
        exchange: Exchange::Query,
        long_lived: Some(LongLived {
            exchange: Trade {
                url: token.clone(),
                grant_type: "fb_exchange_token".to_owned(),
                token: "fb_exchange_token".to_owned(),
                proof: Proof::IdAndSecret,
            },
            renew: None,
        }),
        token,
        ..Server::default()
    }
}

/// A Page as the lists show it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Page {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) username: Option<String>,
    #[serde(default)]
    access_token: Option<Secret>,
    tasks: Option<Vec<String>>,
    picture: Option<Picture>,
    pub(crate) instagram_business_account: Option<Linked>,
}

/// The account of Instagram that belongs to a Page.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Linked {
    pub(crate) id: String,
    pub(crate) username: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) profile_picture_url: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Picture {
    data: Option<PictureData>,
}

#[derive(Debug, Clone, Deserialize)]
struct PictureData {
    url: Option<String>,
}

impl Page {
    /// Address of its picture.
    pub(crate) fn picture(&self) -> Option<String> {
        let url = self.picture.as_ref()?.data.as_ref()?.url.clone()?;
        url.starts_with("http").then_some(url)
    }

    /// Its own token; empty where there is none.
    pub(crate) fn token(&self) -> Secret {
        self.access_token.clone().unwrap_or_default()
    }

    /// Why it cannot be posted to. Publishing needs the task `CREATE_CONTENT` (developers.facebook.com, "Page stories
    /// API", read 2026-11-23).
    pub(crate) fn refused(&self) -> Option<Code> {
        let may = self.tasks.as_ref().is_none_or(|tasks| tasks.iter().any(|task| task == "CREATE_CONTENT"));
        (!may || self.token().is_empty()).then_some(Code::PageRoleMissing)
    }
}

#[derive(Deserialize)]
struct Permission {
    permission: String,
    status: String,
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

/// What was granted: people can untick permissions, and the token's answer names none.
pub(crate) async fn granted(cx: &AuthCx<'_>, api: &Api) -> Result<Vec<String>, ConnectError> {
    let all: Rows<Permission> = ask(cx, &api.call(Method::Get, "/me/permissions"), "scopes").await?;
    let granted = all.data.into_iter().filter(|one| one.status == "granted");
    Ok(granted.map(|one| one.permission).collect())
}

/// The id of who consented, in the app's own numbering.
pub(crate) async fn person(cx: &AuthCx<'_>, api: &Api) -> Result<String, ConnectError> {
    let me: Node = ask(cx, &api.call(Method::Get, "/me?fields=id"), STEP).await?;
    Ok(me.id)
}

/// Every Page of the person: their own, then those that show only in their business portfolios.
pub(crate) async fn pages(
    cx: &AuthCx<'_>,
    api: &Api,
    granted: &[String],
    fields: &str,
) -> Result<Vec<Page>, ConnectError> {
    let mut pages: Vec<Page> = list(cx, api, &format!("/me/accounts?fields={fields}")).await?;
    if granted.iter().any(|scope| scope == PORTFOLIOS) {
        let portfolios: Vec<Node> = list(cx, api, "/me/businesses?fields=id").await?;
        for Node { id } in portfolios {
            for edge in ["owned_pages", "client_pages"] {
                pages.extend(list::<Page>(cx, api, &format!("/{id}/{edge}?fields={fields}")).await?);
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    pages.retain(|page| seen.insert(page.id.clone()));
    Ok(pages)
}

/// A whole list, page by page.
async fn list<T: DeserializeOwned>(cx: &AuthCx<'_>, api: &Api, path: &str) -> Result<Vec<T>, ConnectError> {
    let mut pages = Pages::of(api, path, PAGES);
    while let Some(request) = pages.request() {
        pages.add(ask(cx, &request, STEP).await?, |_| false);
    }
    match pages.end() {
        (all, Reach::Complete) => Ok(all),
        (_, Reach::Cut) => Err(ConnectError::step(Code::OauthTooManyAccounts, STEP, "")),
    }
}

#[cfg(test)]
mod tests {
    use postrider_connector::testkit::{FakeTransport, answer};
    use postrider_connector::{Credentials, Cx};
    use serde_json::{Value, json};

    use super::*;

    fn api() -> Api {
        Api::shipped("https://graph.example.com", "v26.0")
    }

    fn page(id: &str, more: &Value) -> Value {
        let mut page = json!({"id": id, "name": format!("Page {id}"), "access_token": format!("token-{id}")});
        page.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        page
    }

    async fn found(answers: Vec<Value>, granted: &[&str]) -> (Vec<String>, Vec<Page>) {
        let network = FakeTransport::default();
        answers.iter().for_each(|body| network.next(Ok(answer(200, body.to_string()))));
        let credentials = Credentials::default().with("access", "the-persons-token");
        let cx = AuthCx(Cx::reading(&network, &credentials));
        let granted: Vec<String> = granted.iter().map(|scope| (*scope).to_owned()).collect();
        let pages = pages(&cx, &api(), &granted, "id,name").await.expect("pages");
        (network.requests().iter().map(|request| request.url.clone()).collect(), pages)
    }

    #[tokio::test]
    async fn lists_are_read_to_their_end_and_portfolios_where_that_was_allowed() {
        let next = json!({"cursors": {"after": "a b"}, "next": "https://graph.example.com/next"});
        let answers = vec![
            json!({"data": [page("1", &json!({}))], "paging": next}),
            json!({"data": [page("2", &json!({}))], "paging": {"cursors": {"after": "z"}}}),
            json!({"data": [{"id": "900"}]}),
            json!({"data": [page("2", &json!({})), page("3", &json!({}))]}),
            json!({"data": [page("4", &json!({}))]}),
        ];
        let (asked, pages) = found(answers.clone(), &["pages_show_list", "business_management"]).await;
        let ids: Vec<&str> = pages.iter().map(|page| page.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3", "4"], "each once");
        let at = |path: &str| format!("https://graph.example.com/v26.0{path}");
        let expected = [
            "/me/accounts?fields=id,name&limit=100&access_token=the-persons-token",
            "/me/accounts?fields=id,name&limit=100&after=a+b&access_token=the-persons-token",
            "/me/businesses?fields=id&limit=100&access_token=the-persons-token",
            "/900/owned_pages?fields=id,name&limit=100&access_token=the-persons-token",
            "/900/client_pages?fields=id,name&limit=100&access_token=the-persons-token",
        ];
        assert_eq!(asked, expected.map(at));
        let (asked, pages) = found(answers, &["pages_show_list"]).await;
        assert_eq!((asked.len(), pages.len()), (2, 2));
    }

    #[tokio::test]
    async fn a_list_that_is_not_told_whole_connects_nothing() {
        let network = FakeTransport::default();
        let lost = json!({"data": [page("1", &json!({}))], "paging": {"next": "https://graph.example.com/next"}});
        network.next(Ok(answer(200, lost.to_string())));
        let credentials = Credentials::default().with("access", "the-persons-token");
        let error = pages(&AuthCx(Cx::reading(&network, &credentials)), &api(), &[], "id").await.expect_err("cut");
        assert_eq!((error.code, error.step), (Code::OauthTooManyAccounts, "identify"));
    }

    #[test]
    fn a_page_without_the_task_or_a_token_says_why_it_cannot_be_posted_to() {
        let read = |more: Value| -> Page { serde_json::from_value(page("1", &more)).expect("a page") };
        for (more, expected) in [
            (json!({"tasks": ["ANALYZE", "CREATE_CONTENT"]}), None),
            (json!({}), None),
            (json!({"tasks": ["ANALYZE"]}), Some(Code::PageRoleMissing)),
            (json!({"tasks": []}), Some(Code::PageRoleMissing)),
            (json!({"tasks": ["CREATE_CONTENT"], "access_token": null}), Some(Code::PageRoleMissing)),
        ] {
            assert_eq!(read(more.clone()).refused(), expected, "{more}");
        }
        let pictured = read(json!({"picture": {"data": {"url": "https://cdn.example/1.jpg"}}}));
        assert_eq!(pictured.picture().as_deref(), Some("https://cdn.example/1.jpg"));
        assert_eq!(read(json!({"picture": {"data": {"url": "javascript:x"}}})).picture(), None);
    }
}
