//! The consent dialog: `/oauth/authorize` and `/dialog/oauth`.
//!
//! `GET` shows a page on which a person chooses an account, unticks what the app shall
//! not do, and allows or denies. The page sends its form to the same address; a script
//! does the same with `account=<user name>&decision=allow` (or `deny`) and is answered
//! with the redirect. Without `choose=on` everything that was asked for is granted; with
//! it, what must be granted and each `grant=<scope>`.

use std::fmt::Write as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::apps::Apps;
use super::params::Params;
use crate::pages::{self, escape};

/// The parameters of the dialog that are known; others are ignored, as RFC 6749 demands.
pub(crate) const KNOWN: [&str; 5] = ["client_id", "redirect_uri", "response_type", "scope", "state"];

/// What a network lets apps ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scopes {
    pub(crate) known: &'static [&'static str],
    /// Those that no consent can be without, and that nobody can untick.
    pub(crate) always: &'static [&'static str],
}

/// A request for consent that may be shown.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) app_id: String,
    app_name: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    state: Option<String>,
}

/// What a person decided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Deny,
    Allow { account: String, scopes: Vec<String> },
}

impl Request {
    /// Reads a request. What is wrong with one is told on a page and sent nowhere; how Meta words it is not
    /// documented.
    pub(crate) fn read(params: &Params, apps: &Apps, scopes: Scopes) -> Result<Self, String> {
        let need = |name: &str| params.text(name).map(str::to_owned).ok_or(format!("Missing parameter: {name}"));
        let app_id = need("client_id")?;
        let app = apps.get(&app_id).ok_or("Invalid App ID: the app does not exist")?;
        let redirect_uri = need("redirect_uri")?;
        // Byte for byte (Instagram's page "oauth-authorize", 2025-07-17); a slash more at the end is another address.
        if !app.redirect_uris.contains(&redirect_uri) {
            return Err("Invalid redirect_uri: it is not one of the addresses of the app".to_owned());
        }
        if need("response_type")? != "code" {
            return Err("Invalid response_type: only code is supported".to_owned());
        }
        let wanted = split(&need("scope")?);
        if let Some(unknown) = wanted.iter().find(|scope| !scopes.known.contains(&scope.as_str())) {
            return Err(format!("Invalid Scopes: {unknown}"));
        }
        if let Some(missing) = scopes.always.iter().find(|scope| !wanted.iter().any(|given| given == *scope)) {
            return Err(format!("Invalid Scopes: {missing} is required"));
        }
        let (app_name, state) = (app.name.clone(), params.text("state").map(str::to_owned));
        Ok(Self { app_id, app_name, redirect_uri, scopes: wanted, state })
    }

    /// Reads what the person sent. The error says what is wrong with the form.
    pub(crate) fn decided(&self, form: &[(String, String)], scopes: Scopes) -> Result<Decision, String> {
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match field("decision") {
            Some("allow") => {}
            Some("deny") => return Ok(Decision::Deny),
            _ => return Err("decision must be allow or deny".to_owned()),
        }
        let account = field("account").ok_or("account is missing")?.to_owned();
        let all = field("choose") != Some("on");
        let ticked = |scope: &String| form.iter().any(|(key, value)| key == "grant" && value == scope);
        let granted = self.scopes.iter();
        let granted = granted.filter(|scope| all || scopes.always.contains(&scope.as_str()) || ticked(scope));
        Ok(Decision::Allow { account, scopes: granted.cloned().collect() })
    }

    /// The page for the person. `people` are user names and names.
    pub(crate) fn page<'a>(
        &self,
        people: impl Iterator<Item = (&'a str, &'a str)>,
        query: &str,
        scopes: Scopes,
    ) -> Response {
        self.page_with(people, query, scopes, "")
    }

    /// The same with more to choose from, which is HTML already: see [`things`].
    pub(crate) fn page_with<'a>(
        &self,
        people: impl Iterator<Item = (&'a str, &'a str)>,
        query: &str,
        scopes: Scopes,
        more: &str,
    ) -> Response {
        let mut options = String::new();
        for (username, name) in people {
            let (username, name) = (escape(username), escape(name));
            let _ = write!(options, "<option value=\"{username}\">{name} (@{username})</option>");
        }
        let choices: String = self.scopes.iter().map(|scope| choice(scope, scopes)).collect();
        let body = format!(
            "<p><strong>{}</strong> would like to act for you. Allow it to:</p>\
             <form method=\"post\" action=\"?{}\"><input type=\"hidden\" name=\"choose\" value=\"on\">{choices}\
             <label>Account <select name=\"account\">{options}</select></label>{more}\
             <p><button name=\"decision\" value=\"allow\">Continue</button> \
             <button name=\"decision\" value=\"deny\">Cancel</button></p></form>\
             <p class=\"meta\">Afterwards you are sent to {}</p>",
            escape(&self.app_name),
            escape(query),
            escape(&self.redirect_uri)
        );
        let mut response = pages::page("Consent", &body);
        // Browsers apply `form-action` to the redirect that follows, which leads to the client.
        let policy = HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        );
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    }

    /// Sends the browser back with a code; Meta puts `#_` behind the address, which is no part of it.
    pub(crate) fn granted(&self, code: &str) -> Response {
        self.redirect(&[("code", code)], "#_")
    }

    /// Sends the browser back with the refusal, in Meta's three parameters.
    pub(crate) fn denied(&self) -> Response {
        let answer = [
            ("error", "access_denied"),
            ("error_reason", "user_denied"),
            ("error_description", "The user denied the request"),
        ];
        self.redirect(&answer, "")
    }

    fn redirect(&self, answer: &[(&str, &str)], end: &str) -> Response {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let place = format!("{}{joint}{}{end}", self.redirect_uri, query.finish());
        match HeaderValue::from_str(&place) {
            Ok(place) => (StatusCode::FOUND, [(header::LOCATION, place)]).into_response(),
            Err(_) => refused("Invalid redirect_uri"),
        }
    }
}

/// Ticked boxes for the things of one person, each with its value and its name.
pub(crate) fn things(legend: &str, field: &str, things: &[(String, String)]) -> String {
    let one = |(value, name): &(String, String)| {
        let (value, name) = (escape(value), escape(name));
        format!(
            "<label><input type=\"checkbox\" name=\"{field}\" value=\"{value}\" checked> {name} \
             <code>{value}</code></label>"
        )
    };
    let boxes: String = things.iter().map(one).collect();
    format!("<fieldset><legend>{}</legend>{boxes}</fieldset>", escape(legend))
}

/// Which things a form chose: those that it names, or all (`None`) where a script neither names one nor says
/// `choose=on`.
pub(crate) fn chosen(form: &[(String, String)], field: &str) -> Option<Vec<String>> {
    let named: Vec<_> = form.iter().filter(|(name, _)| name == field).map(|(_, value)| value.clone()).collect();
    let exact = form.iter().any(|(name, value)| name == "choose" && value == "on");
    (exact || !named.is_empty()).then_some(named)
}

/// A page that says what is wrong with a request for consent.
pub(crate) fn refused(why: &str) -> Response {
    let mut response = pages::page("Something went wrong", &format!("<p>{}</p>", escape(why)));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// Scopes with commas or blanks between.
fn split(text: &str) -> Vec<String> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    let mut scopes: Vec<String> = Vec::new();
    for word in words {
        if !scopes.iter().any(|known| known == word) {
            scopes.push(word.to_owned());
        }
    }
    scopes
}

fn choice(scope: &str, scopes: Scopes) -> String {
    let fixed = if scopes.always.contains(&scope) { " disabled" } else { "" };
    let scope = escape(scope);
    format!(
        "<label><input type=\"checkbox\" name=\"grant\" value=\"{scope}\" checked{fixed}> <code>{scope}</code></label>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::apps::App;

    const SCOPES: Scopes = Scopes { known: &["basic", "publish", "delete"], always: &["basic"] };

    fn apps() -> Apps {
        let mut apps = Apps::default();
        apps.put(App {
            id: "7".into(),
            secret: "s".into(),
            name: "Tests".into(),
            redirect_uris: vec!["http://a/back?x=1".into(), "http://a/back".into()],
            deauthorize_url: None,
            data_deletion_url: None,
        });
        apps
    }

    fn read(changes: &[(&str, &str)]) -> Result<Request, String> {
        let mut pairs = vec![
            ("client_id", "7"),
            ("redirect_uri", "http://a/back"),
            ("response_type", "code"),
            ("scope", "basic,publish delete"),
            ("state", "s t"),
        ];
        for (name, value) in changes {
            pairs.retain(|(key, _)| key != name);
            pairs.push((name, value));
        }
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Request::read(&Params::from_pairs(pairs).expect("params"), &apps(), SCOPES)
    }

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_ticked_is_granted_and_what_must_be_always() {
        let request = read(&[]).expect("a request");
        let decided = |pairs: &[(&str, &str)]| request.decided(&form(pairs), SCOPES).expect("a decision");
        let allow = |scopes: &[&str]| Decision::Allow {
            account: "ada".into(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        };
        let yes = [("account", "ada"), ("decision", "allow")];
        assert_eq!(decided(&yes), allow(&["basic", "publish", "delete"]));
        let chosen = [&yes[..], &[("choose", "on"), ("grant", "delete"), ("grant", "admin")]].concat();
        assert_eq!(decided(&chosen), allow(&["basic", "delete"]));
        assert_eq!(decided(&[("decision", "deny")]), Decision::Deny);
        assert!(request.decided(&form(&[("account", "ada")]), SCOPES).is_err());
    }

    #[test]
    fn things_are_all_chosen_unless_some_are_named() {
        let yes = [("account", "ada"), ("decision", "allow")];
        assert_eq!(chosen(&form(&yes), "page"), None);
        let two = [&yes[..], &[("page", "1"), ("page", "2")]].concat();
        assert_eq!(chosen(&form(&two), "page"), Some(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(chosen(&form(&[("choose", "on")]), "page"), Some(Vec::new()));
        let boxes = things("Pages of Ada", "page", &[("1".to_owned(), "<Bakery>".to_owned())]);
        assert!(boxes.contains("name=\"page\" value=\"1\" checked> &lt;Bakery&gt;"), "{boxes}");
    }

    #[test]
    fn wrong_requests_say_why() {
        for (changes, why) in [
            ([("client_id", "8")], "App ID"),
            ([("redirect_uri", "http://a/back/")], "redirect_uri"),
            ([("response_type", "token")], "response_type"),
            ([("scope", "basic,admin")], "Invalid Scopes: admin"),
            ([("scope", "publish")], "basic is required"),
            ([("scope", "")], "scope"),
        ] {
            assert!(read(&changes).expect_err("refused").contains(why), "{changes:?}");
        }
    }

    #[test]
    fn an_answer_is_added_to_the_address_byte_for_byte() {
        let place = |response: &Response| response.headers()["location"].to_str().expect("a text").to_owned();
        let request = read(&[]).expect("a request");
        assert_eq!(place(&request.granted("c")), "http://a/back?code=c&state=s+t#_");
        assert!(place(&request.denied()).contains("error_reason=user_denied&error_description=The+user+denied"));
        let request = read(&[("redirect_uri", "http://a/back?x=1"), ("state", "")]).expect("a request");
        assert_eq!(place(&request.granted("c")), "http://a/back?x=1&code=c#_");
    }
}
